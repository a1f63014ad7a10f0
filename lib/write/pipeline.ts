import type { SampleChannel } from '../cluster/bus/bus';
import type { Env } from '../env';
import { SeriesEnsurer } from '../memory/catalogue/ensure-series';
import type { Registry } from '../memory/catalogue/registry';
import { CatchUp } from '../memory/ring/catch-up';
import type { Ring } from '../memory/ring/ring';
import { PulseError } from '../model/errors';
import { LIMITS } from '../model/limits';
import { emptyColumns, type SampleColumns, type SampleRows } from '../model/samples';
import type { Series } from '../model/series';
import { SECOND } from '../model/time/duration';
import type { Figures } from '../observe/figures';
import { log } from '../observe/log';
import { within } from '../runtime/within';
import type { Store } from '../store/store';
import type { CommitResult } from './commit-batch';
import { ANSWER_MS, type CommitFigures, CommitQueue } from './commit-queue';
import { type Admission, admit } from './ingest/admission';
import {
  type DecodedSamples,
  type IncomingSample,
  type SampleError,
  sampleError,
  type WriteResult,
} from './ingest/sample';

/** The write path: samples go in, and the answer says that they are committed. */
export interface Pipeline {
  /**
   * Resolves once every usable sample is committed, published and in the ring, within `answerMs`. Rejects with
   * `queue_full` or `shutting_down`: then none of these samples is kept; with `database_unavailable` some may be kept,
   * now or later, and to send them again does no harm.
   */
  write(decoded: DecodedSamples, answerMs?: number): Promise<WriteResult>;
  readonly figures: CommitFigures;
  /** Commits what waits, then refuses. */
  close(): Promise<void>;
}

export interface PipelineParts {
  env: Pick<Env, 'RETENTION_RAW' | 'MAX_SERIES'>;
  store: Pick<Store, 'samples' | 'catalogue'>;
  registry: Pick<Registry, 'size' | 'withLabels' | 'add' | 'seriesById'>;
  ring: Pick<Ring, 'add' | 'has' | 'keeps' | 'forgetPredecessors'>;
  channel: Pick<SampleChannel, 'publish'>;
  figures: Pick<Figures, 'ingestSamples' | 'commitSeconds' | 'commitRows'>;
}

/** How long writers wait for samples that only memory needs. */
const FETCH_MS = SECOND;
/** So many new series may wait for the database; beyond them writers of new series get `queue_full`. */
const MAX_PENDING_SERIES = 100_000;
const RETRY_AFTER_MS = SECOND;

export function createPipeline({ env, store, registry, ring, channel, figures }: PipelineParts): Pipeline {
  const { ingestSamples: counted, commitSeconds, commitRows } = figures;
  const ensurer = new SeriesEnsurer(store.catalogue, registry);
  const catchUp = new CatchUp({ stored: store.samples, registry, ring, onFound: publish });
  const commits = new CommitQueue({
    append: timedAppend,
    onCommit: publishCommit,
    onUncertain: (rows) => catchUp.checkLater(rows),
  });

  async function write(
    { samples, errors, precision }: DecodedSamples,
    answerMs = ANSWER_MS,
  ): Promise<WriteResult> {
    const now = Date.now();
    const since = performance.now();
    const window = { oldest: now - env.RETENTION_RAW, newest: now + LIMITS.maxClockAheadMs, precision };
    const admission = admit(samples, window);
    const { series, errors: overLimit, requested } = resolveSeries(admission);
    if (requested.length > 0) await within(Promise.all(requested), answerMs, seriesTooSlow);
    const { rows, committed } = withoutCommitted(admission.admitted, series);
    const duplicates = committed + (await commits.write(rows, { since, answerMs }));
    const rejections = [...errors, ...admission.errors, ...overLimit];
    const accepted = committed + rows.series.length;
    counted.add('stored', accepted - duplicates);
    counted.add('duplicate', duplicates);
    counted.add('rejected', rejections.length);
    return {
      accepted,
      duplicates,
      rejected: rejections.length,
      errors: rejections.sort((a, b) => a.index - b.index),
    };
  }

  async function timedAppend(rows: SampleRows): Promise<number[]> {
    const startedAt = performance.now();
    const duplicates = await store.samples.append(rows);
    commitSeconds.observe((performance.now() - startedAt) / SECOND);
    commitRows.observe(rows.seriesIds.length);
    return duplicates;
  }

  /**
   * The series of each sample, undefined where the cardinality limit forbids a new one. New series are set when all of
   * `requested` has resolved.
   */
  function resolveSeries({ admitted, labelsKeys }: Admission) {
    const series: Array<Series | undefined> = [];
    const errors: SampleError[] = [];
    const requested: Array<Promise<void>> = [];
    let ofLabels: ReadonlyMap<string, Series> | undefined;
    for (let i = 0; i < admitted.length; i++) {
      const sample = admitted[i];
      if (i === 0 || labelsKeys[i] !== labelsKeys[i - 1]) ofLabels = registry.withLabels(labelsKeys[i]);
      const known = ofLabels?.get(sample.name);
      series.push(known);
      if (known && !ensurer.changesMetric(known.metric, sample)) continue;
      if (requested.length === 0 && ensurer.pending >= MAX_PENDING_SERIES) throw tooManySeries();
      const key = sample.name + labelsKeys[i];
      if (!known && registry.size + ensurer.pending >= env.MAX_SERIES && !ensurer.isPending(key)) {
        errors.push(sampleError(sample.index, '', 'too_many_series'));
        continue;
      }
      const { name: metric, labels, type, unit } = sample;
      requested.push(
        ensurer.ensure(key, { metric, labels, type, unit }).then((found) => {
          series[i] = found;
        }),
      );
    }
    return { series, errors, requested };
  }

  /** The rows to commit. Samples in the ring are committed already, so a resent body costs the database nothing. */
  function withoutCommitted(samples: readonly IncomingSample[], series: ReadonlyArray<Series | undefined>) {
    const rows = emptyColumns();
    let committed = 0;
    for (let i = 0; i < samples.length; i++) {
      const into = series[i];
      if (!into) continue;
      const { timestamp, value } = samples[i];
      if (timestamp <= into.lastSeen && ring.has(into.id, timestamp)) {
        committed++;
        continue;
      }
      rows.series.push(into);
      rows.timestamps.push(timestamp);
      rows.values.push(value);
    }
    return { rows, committed };
  }

  /** After a commit: adds new samples to the ring and publishes them; reads those that another server wrote. */
  async function publishCommit({ stored, alreadyThere }: CommitResult): Promise<void> {
    if (stored.series.length > 0) publish(stored);
    if (alreadyThere.series.length === 0) return;
    // The samples are committed even if this fails.
    const slow = () => new Error('The database takes too long to return them.');
    await within(catchUp.fetch(alreadyThere), FETCH_MS, slow).catch((error) => {
      log().warn({ err: error }, 'samples of another server not read yet');
      catchUp.checkLater(alreadyThere);
    });
  }

  function publish(samples: SampleColumns): void {
    ring.add(samples);
    channel.publish(samples);
  }

  return {
    write,
    get figures() {
      return commits.figures;
    },
    async close() {
      await commits.close();
      catchUp.close();
    },
  };
}

function seriesTooSlow(): PulseError {
  const message = 'The database is too slow to take new series now; nothing was kept. Send it again later.';
  return new PulseError('database_unavailable', message, { retryAfterMs: RETRY_AFTER_MS });
}

function tooManySeries(): PulseError {
  const message = `${MAX_PENDING_SERIES} new series wait for the database; nothing was kept. Send the same body again later.`;
  return new PulseError('queue_full', message, { retryAfterMs: RETRY_AFTER_MS });
}
