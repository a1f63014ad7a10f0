import type { Backlog } from './backlog';
import { failureReason, type Poster } from './post';
import { classifyResponse, type PostOutcome } from './post-outcome';
import { Trouble } from './trouble';

/** Ticks in one body while catching up: enough to be quick, far below the server's limits. */
const TICKS_PER_POST = 300;

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
  const trouble = new Trouble(say);
  let wakeUp: () => void = () => {};
  let running: Promise<void> | null = null;

  async function empty(): Promise<void> {
    while (backlog.length > 0 && !isClosed) {
      const { first } = backlog;
      const { body, count } = backlog.oldest(ticksPerPost);
      const outcome = await postOnce(body);
      if (outcome.kind === 'later') await sleep(trouble.begin(outcome.reason, outcome.afterMs));
      else settle(outcome, first, count);
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

  function settle(outcome: Exclude<PostOutcome, { kind: 'later' }>, first: number, count: number): void {
    trouble.end(backlog.length);
    if (outcome.kind === 'too_large' && count > 1) {
      ticksPerPost = Math.ceil(count / 2);
      return;
    }
    // The oldest of them may have been dropped meanwhile, to make room.
    backlog.removeBefore(first + count);
    trouble.lost(outcome.kind === 'too_large' ? 'one tick is more than the server takes' : outcome.complaint);
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
