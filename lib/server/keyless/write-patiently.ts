import { setTimeout as sleep } from 'node:timers/promises';
import type { IngestSession, Source } from '../../api/ingest/session';
import { isPulseError } from '../../model/errors';
import { SECOND } from '../../model/time/duration';
import { log } from '../../observe/log';
import type { Reason } from '../../write/clients/clients';
import type { IncomingSample } from '../../write/ingest/sample';

/** Where the error does not say. */
const RETRY_MS = SECOND;

/**
 * Writes for a sender that cannot be told to send again: tries until the server can take it. To write a sample again
 * changes nothing.
 *
 * @param giveUp when to stop trying
 * @param noteRefused called with what the server could not take, each time
 * @returns whether all that can be stored of it is
 */
export async function writePatiently(
  session: IngestSession,
  source: Source,
  giveUp: AbortSignal,
  noteRefused: (reason: Reason) => void,
): Promise<boolean> {
  for (;;) {
    try {
      await session.write(source);
      return true;
    } catch (error) {
      if (isPulseError(error)) noteRefused({ code: error.code, message: error.message });
      if (isPulseError(error) && error.code === 'nothing_usable') return true;
      if (!isForNow(error)) {
        log().error({ err: error }, 'samples that were received are not stored');
        return false;
      }
      const waitMs = (isPulseError(error) && error.retryAfterMs) || RETRY_MS;
      await sleep(waitMs, undefined, { signal: giveUp }).catch(() => undefined);
      if (giveUp.aborted) return false;
    }
  }
}

/**
 * The same of many samples, in portions between which others have their turn. Each portion by itself: one of which
 * nothing can be taken leaves the others as they are.
 * @returns how many were given up
 */
export async function writeInPortions(
  session: IngestSession,
  portions: Iterable<IncomingSample[]>,
  giveUp: AbortSignal,
  noteRefused: (reason: Reason) => void,
): Promise<number> {
  let givenUp = 0;
  for (const samples of portions) {
    const write = () => writePatiently(session, () => ({ samples, errors: [] }), giveUp, noteRefused);
    if (givenUp > 0 || !(await write())) givenUp += samples.length;
    await new Promise((resolve) => setImmediate(resolve));
  }
  return givenUp;
}

function isForNow(error: unknown): boolean {
  return isPulseError(error) && (error.status === 503 || error.status === 429);
}
