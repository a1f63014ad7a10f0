import { SECOND } from '../model/time/duration';
import type { Backlog } from './backlog';
import { failureReason, type Poster } from './post';
import { classifyResponse, type PostOutcome } from './post-outcome';

/** Ticks in one body while catching up: enough to be quick, far below the server's limits. */
const TICKS_PER_POST = 300;
const FIRST_BACKOFF_MS = SECOND / 2;
const LONGEST_BACKOFF_MS = 30 * SECOND;

export interface SenderOptions {
  backlog: Backlog;
  poster: Poster;
  say: (message: string) => void;
}

export interface Sender {
  /** There is something new in the backlog. */
  wake(): void;
  /** Stops after the post that is under way. */
  close(): void;
  /** Resolves when the backlog is empty or the sender has stopped. */
  idle(): Promise<void>;
}

/** Empties the backlog in order, one post at a time; what was not acknowledged stays and is posted again. */
export function startSender({ backlog, poster, say }: SenderOptions): Sender {
  let isClosed = false;
  let ticksPerPost = TICKS_PER_POST;
  let failures = 0;
  let lastComplaint: string | null = null;
  let wakeUp: () => void = () => {};
  let running: Promise<void> | null = null;

  async function empty(): Promise<void> {
    while (backlog.length > 0 && !isClosed) {
      const { body, count } = backlog.oldest(ticksPerPost);
      const outcome = await postOnce(body);
      if (outcome.kind === 'later') await backOff(outcome);
      else settle(outcome, count);
    }
  }

  async function postOnce(body: Buffer): Promise<PostOutcome> {
    try {
      const headers = {
        'content-type': 'application/x-ndjson',
        'content-encoding': 'gzip',
        'content-length': String(body.length),
      };
      return classifyResponse(await poster.post(body, headers));
    } catch (error) {
      return { kind: 'later', reason: failureReason(error), afterMs: null };
    }
  }

  function settle(outcome: Exclude<PostOutcome, { kind: 'later' }>, count: number): void {
    if (failures > 0) say(`The server is back; sending what was kept (${backlog.length} ticks).`);
    failures = 0;
    if (outcome.kind === 'too_large' && count > 1) {
      ticksPerPost = Math.ceil(count / 2);
      return;
    }
    backlog.remove(count);
    const complaint =
      outcome.kind === 'too_large' ? 'one tick is more than the server takes' : outcome.complaint;
    // Reported when it changes, not every second.
    if (complaint && complaint !== lastComplaint) say(`Lost: ${complaint}`);
    lastComplaint = complaint;
  }

  async function backOff({ reason, afterMs }: Extract<PostOutcome, { kind: 'later' }>): Promise<void> {
    if (failures === 0) say(`The server does not take samples (${reason}); keeping them and trying again.`);
    const growing = Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** failures);
    failures++;
    // Up to half more, so that the agents of a fleet do not all retry at once.
    await sleep((afterMs ?? growing) * (1 + Math.random() / 2));
  }

  function sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      wakeUp = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  return {
    wake() {
      running ??= empty().finally(() => {
        running = null;
      });
    },
    close() {
      isClosed = true;
      wakeUp();
    },
    idle: async () => running ?? undefined,
  };
}
