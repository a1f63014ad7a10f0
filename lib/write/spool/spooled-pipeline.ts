import { isPulseError, PulseError } from '../../model/errors';
import { LIMITS } from '../../model/limits';
import { MINUTE, SECOND } from '../../model/time/duration';
import { log } from '../../observe/log';
import { admit } from '../ingest/admission';
import type { DecodedSamples, IncomingSample, WriteResult } from '../ingest/sample';
import type { Pipeline } from '../pipeline';
import type { Segments } from './segments';

/** Bytes of samples that are committed together when the spool is emptied: some ten thousand samples. */
const DRAIN_BYTES = 2 ** 20;
const RETRY_MS = 500;
/** No client waits for a drain, and one that is repeated too soon only makes more work. */
const DRAIN_ANSWER_MS = MINUTE;
/** A failure that lasts is logged this often. */
const LOG_EVERY_MS = MINUTE;

export interface SpoolFigures {
  /** Bytes on the disk that are not in the database yet. */
  bytes: number;
  maxBytes: number;
  /** Samples written to the spool, and from there to the database, since the start. */
  spooled: number;
  drained: number;
  /** Damaged, and therefore not written to the database, since the start. */
  skippedRecords: number;
  skippedBytes: number;
  /** Damaged files that are kept for a person to look at. */
  damagedFiles: number;
  damagedBytes: number;
}

export interface SpooledPipeline extends Pipeline {
  readonly spool: SpoolFigures;
}

export interface SpoolParts {
  pipeline: Pipeline;
  segments: Segments;
  maxBytes: number;
  /** Raw samples are kept for so long, ms. */
  retentionMs: number;
}

/**
 * A pipeline that accepts samples while the database is unreachable: writes them to this machine's disk, flushed before
 * the answer, and later to the database, in the order they came. While the spool is not empty every sample goes there,
 * or a later value of the same sample could overtake the first.
 */
export function createSpooledPipeline({
  pipeline,
  segments,
  maxBytes,
  retentionMs,
}: SpoolParts): SpooledPipeline {
  let spooled = 0;
  let drained = 0;
  /** Bodies on their way to the disk. */
  let appending = 0;
  let isClosed = false;
  let lastFailure = { text: '', at: 0 };
  let timer: NodeJS.Timeout | undefined;
  let draining: Promise<void> | undefined;
  if (segments.bytes > 0) {
    log().info({ bytes: segments.bytes }, 'samples of before wait in the spool');
    drainSoon(0);
  }

  const isInUse = () => appending > 0 || segments.bytes > 0;

  async function write(decoded: DecodedSamples, answerMs?: number): Promise<WriteResult> {
    if (isInUse()) return keep(decoded);
    try {
      return await pipeline.write(decoded, answerMs);
    } catch (error) {
      if (!isPulseError(error) || error.code !== 'database_unavailable') throw error;
      return keep(decoded);
    }
  }

  async function keep({ samples, errors }: DecodedSamples): Promise<WriteResult> {
    if (isClosed) throw new PulseError('shutting_down', 'The server is stopping.', { retryAfterMs: SECOND });
    const now = Date.now();
    const { admitted, errors: refused } = admit(samples, {
      oldest: now - retentionMs,
      newest: now + LIMITS.maxClockAheadMs,
    });
    const rejections = [...errors, ...refused].sort((a, b) => a.index - b.index);
    if (admitted.length > 0) await append(admitted);
    return { accepted: admitted.length, duplicates: 0, rejected: rejections.length, errors: rejections };
  }

  async function append(samples: readonly IncomingSample[]): Promise<void> {
    const payload = Buffer.from(JSON.stringify(samples));
    if (segments.bytes + payload.length > maxBytes) throw full('The spool on this machine is full');
    appending++;
    try {
      await segments.append(payload);
    } catch (error) {
      log().error({ err: error }, 'the spool does not take samples');
      throw full('This machine could not keep the samples on its disk either', error);
    } finally {
      appending--;
    }
    spooled += samples.length;
    drainSoon(RETRY_MS);
  }

  function full(why: string, cause?: unknown): PulseError {
    const message = `The database cannot be reached at the moment. ${why}; nothing was kept, try again shortly.`;
    return new PulseError('database_unavailable', message, { cause, retryAfterMs: SECOND });
  }

  function drainSoon(ms: number): void {
    if (timer || draining || isClosed) return;
    timer = setTimeout(() => {
      timer = undefined;
      draining = drain()
        .catch((error) => {
          // The database is still unreachable, or the disk cannot be read: the samples stay in the spool and are tried
          // again.
          if (!isPulseError(error) || error.status !== 503) logFailure(error);
        })
        .finally(() => {
          draining = undefined;
          if (segments.bytes > 0) drainSoon(RETRY_MS);
        });
    }, ms);
  }

  /** Writes all samples to the database. Rejects when a write fails. */
  async function drain(): Promise<void> {
    while (!isClosed) {
      const { payloads, end } = await segments.peek(DRAIN_BYTES);
      if (payloads.length === 0) return;
      const samples = payloads.flatMap(samplesIn);
      const { rejected, errors } = await pipeline.write({ samples, errors: [] }, DRAIN_ANSWER_MS);
      if (rejected > 0) log().warn({ rejected, first: errors[0] }, 'samples of the spool were rejected');
      drained += samples.length;
      await segments.drop(end);
    }
  }

  /** The samples of a record; none where another version wrote it in another form. */
  function samplesIn(payload: Buffer): IncomingSample[] {
    try {
      const samples = JSON.parse(payload.toString());
      if (Array.isArray(samples)) return samples;
    } catch (error) {
      log().error({ err: error }, 'a record of the spool cannot be understood');
    }
    segments.keepFile({ records: 1, bytes: payload.length });
    return [];
  }

  function logFailure(error: unknown): void {
    const text = String(error);
    if (text === lastFailure.text && performance.now() - lastFailure.at < LOG_EVERY_MS) return;
    lastFailure = { text, at: performance.now() };
    log().error({ err: error }, 'the spool is not emptied');
  }

  return {
    write,
    get figures() {
      return pipeline.figures;
    },
    get spool() {
      return {
        bytes: segments.bytes,
        maxBytes,
        spooled,
        drained,
        skippedRecords: segments.skipped.records,
        skippedBytes: segments.skipped.bytes,
        damagedFiles: segments.damagedFileFigures.files,
        damagedBytes: segments.damagedFileFigures.bytes,
      };
    },
    async close() {
      isClosed = true;
      clearTimeout(timer);
      await draining;
      await segments.close();
      await pipeline.close();
    },
  };
}
