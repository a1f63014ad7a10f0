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
 * What calls to something outside go through, that may be unreachable. Closed, calls pass; after some failures in a row
 * it opens, and calls fail at once instead of each waiting for its own timeout; every so often it probes the other
 * side by itself, and closes when that answers.
 */
export interface Breaker {
  /** @throws what `work` throws, or `whenOpen()` without having called it. */
  run<T>(work: () => Promise<T>): Promise<T>;
  /** Ends its probes. */
  close(): void;
}

/** A breaker as the figures of a server show it. */
export interface BreakerStatus {
  readonly name: string;
  readonly state: BreakerState;
  /** Times it has opened. */
  readonly opened: number;
}

export interface BreakerOptions {
  name: string;
  /** Whether an error means that the other side is unreachable, rather than that it refused this one call. */
  isAway(error: unknown): boolean;
  /** The error for calls that are not made. */
  whenOpen(retryAfterMs: number): Error;
  /** Resolves when the other side answers again. */
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
export function createBreaker(options: BreakerOptions, all: Set<BreakerStatus>): Breaker {
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

  /** Schedules a probe: without it, recovery would wait for somebody's request. */
  function schedule(): void {
    clearTimeout(timer);
    if (isClosed) return;
    timer = setTimeout(() => {
      circuit.execute(probe).catch((error) => {
        // To open again schedules the next probe. Any other failure is no answer; a timer may fire a little early.
        const hasOpened = isAway(error) && !isBrokenCircuitError(error);
        if (circuit.state !== CircuitState.Closed && !hasOpened) schedule();
      });
    }, retryMs);
    timer.unref();
  }

  const retryAfterMs = () => Math.max(1, Math.ceil(openedAt + retryMs - performance.now()));
  const status: BreakerStatus = {
    name,
    get state() {
      return STATES[circuit.state];
    },
    get opened() {
      return opened;
    },
  };
  all.add(status);
  return {
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
      all.delete(status);
    },
  };
}
