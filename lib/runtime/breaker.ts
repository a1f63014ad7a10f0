import {
  CircuitState,
  ConsecutiveBreaker,
  circuitBreaker,
  handleWhen,
  isBrokenCircuitError,
} from 'cockatiel';
import { SECOND } from '../model/time/duration';
import { log } from '../observe/log';
import { outsideRequests } from '../observe/request-id';

export type BreakerState = 'closed' | 'half-open' | 'open';

/**
 * Around calls to something outside that may be away. Closed, calls pass; after some failures in a row it opens, and
 * calls fail at once instead of each waiting for its own timeout; every so often it asks whether the other side is
 * back, by itself, and closes when it is.
 */
export interface Breaker {
  readonly name: string;
  readonly state: BreakerState;
  /** Times it has opened. */
  readonly opened: number;
  /** Until it asks again, ms. */
  readonly retryAfterMs: number;
  /** @throws what `work` throws, or `whenOpen()` without having called it. */
  run<T>(work: () => Promise<T>): Promise<T>;
  close(): void;
}

export interface BreakerOptions {
  name: string;
  /** Whether an error means that the other side is away, rather than that it refused this one call. */
  isAway(error: unknown): boolean;
  /** The error for calls that are not made. */
  whenOpen(retryAfterMs: number): Error;
  /** Resolves when the other side is back. */
  probe(): Promise<void>;
  /** Failures in a row that open it. */
  failures?: number;
  /** How long it waits between probes, ms. */
  retryMs?: number;
}

const STATES: Record<CircuitState, BreakerState> = {
  [CircuitState.Closed]: 'closed',
  [CircuitState.HalfOpen]: 'half-open',
  [CircuitState.Open]: 'open',
  [CircuitState.Isolated]: 'open',
};

/** @param all the breakers of a server, for its figures: this one is among them until it is closed */
export function createBreaker(options: BreakerOptions, all: Set<Breaker>): Breaker {
  const { name, isAway, whenOpen, probe, failures = 3, retryMs = SECOND } = options;
  const circuit = circuitBreaker(handleWhen(isAway), {
    halfOpenAfter: retryMs,
    breaker: new ConsecutiveBreaker(failures),
  });
  let opened = 0;
  let openedAt = 0;
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;

  const listening = [
    circuit.onBreak((failure) => {
      if (isClosed) return;
      opened++;
      openedAt = performance.now();
      const reason = 'error' in failure ? failure.error.message : undefined;
      log().warn({ breaker: name, reason }, 'circuit open');
      outsideRequests(schedule);
    }),
    circuit.onReset(() => log().info({ breaker: name }, 'circuit closed')),
  ];

  /** Asks by itself: without it, recovery would wait for somebody's request. */
  function schedule(): void {
    clearTimeout(timer);
    if (isClosed) return;
    timer = setTimeout(() => {
      circuit.execute(probe).catch((error) => {
        // Opening anew schedules the next. Whatever else it was, it was no answer, and a timer may be early by a hair.
        const hasOpened = isAway(error) && !isBrokenCircuitError(error);
        if (circuit.state !== CircuitState.Closed && !hasOpened) schedule();
      });
    }, retryMs);
    timer.unref();
  }

  const retryAfterMs = () => Math.max(1, Math.ceil(openedAt + retryMs - performance.now()));
  const breaker: Breaker = {
    name,
    get state() {
      return STATES[circuit.state];
    },
    get opened() {
      return opened;
    },
    get retryAfterMs() {
      return retryAfterMs();
    },
    async run(work) {
      try {
        return await circuit.execute(work);
      } catch (error) {
        throw isBrokenCircuitError(error) ? whenOpen(retryAfterMs()) : error;
      }
    },
    close() {
      isClosed = true;
      clearTimeout(timer);
      for (const listener of listening) listener.dispose();
      all.delete(breaker);
    },
  };
  all.add(breaker);
  return breaker;
}
