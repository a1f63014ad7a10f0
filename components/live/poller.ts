import { SECOND } from '@/lib/model/time/duration';

/** What a poller has, and whether it is what was asked for. A new object at every change. */
export interface Polled<T> {
  readonly answer: T;
  /** The address has changed and its answer is not here yet: what is shown is still the old one. */
  readonly pending: boolean;
  /** Why the last attempts failed; null while they succeed. */
  readonly problem: string | null;
  /** When `answer` came, ms of the reader's clock; null for the one from the server's page. */
  readonly receivedAt: number | null;
}

export interface PollerOptions<T> {
  url: string;
  /** The answer to `url` that the page came with. */
  initial: T;
  /** False where that is only the beginning, and the rest is to be asked for at once. */
  isInitialWhole?: boolean;
  everyMs: number;
  fetch: typeof fetch;
  now?(): number;
  random?(): number;
  /** The next address, when it depends on what was last heard (`since=`). */
  nextUrl?(url: string, last: T): string;
  /** The server no longer knows who is looking: the session has ended. */
  onSignedOut?(): void;
  /** How the next answer joins the last. */
  merge?(last: T, next: T): T;
}

/** Asks the server for the same thing again and again. Without React: hooks are glue. */
export interface Poller<T> {
  subscribe(changed: () => void): () => void;
  getSnapshot(): Polled<T>;
  /** Asks for something else from now on, at once. */
  setUrl(url: string): void;
  /** Nobody looks: stops asking. `resume` asks at once. */
  suspend(): void;
  resume(): void;
  close(): void;
}

const TIMEOUT_MS = 10 * SECOND;
const LONGEST_WAIT_MS = 15 * SECOND;

export function createPoller<T>(options: PollerOptions<T>): Poller<T> {
  const { now = Date.now, random = Math.random, isInitialWhole = true } = options;
  const listeners = new Set<() => void>();
  let { url } = options;
  let state: Polled<T> = { answer: options.initial, pending: false, problem: null, receivedAt: null };
  let failures = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let asking: AbortController | null = null;
  let asleep = true;

  function set(change: Partial<Polled<T>>): void {
    state = { ...state, ...change };
    for (const listener of listeners) listener();
  }

  function schedule(ms: number): void {
    clearTimeout(timer);
    if (!asleep) timer = setTimeout(ask, ms);
  }

  async function ask(): Promise<void> {
    asking?.abort();
    const mine = new AbortController();
    asking = mine;
    const another = state.pending;
    const address = another ? url : (options.nextUrl?.(url, state.answer) ?? url);
    try {
      const next = await fetchJson<T>(options.fetch, address, mine.signal);
      if (asking !== mine) return;
      failures = 0;
      const answer = another || !options.merge ? next : options.merge(state.answer, next);
      set({ answer, pending: false, problem: null, receivedAt: now() });
      schedule(options.everyMs);
    } catch (error) {
      // Aborted by a newer question, or by going to sleep: no failure of the server's.
      if (asking !== mine) return;
      failures++;
      if (error instanceof Refusal && error.status === 401) options.onSignedOut?.();
      set({ problem: error instanceof Error ? error.message : String(error) });
      schedule(Math.min(LONGEST_WAIT_MS, options.everyMs * 2 ** (failures - 1)) * (0.75 + random() / 2));
    }
  }

  function stop(): void {
    asleep = true;
    clearTimeout(timer);
    asking?.abort();
    asking = null;
  }

  return {
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    getSnapshot: () => state,
    setUrl(next) {
      if (next === url) return;
      url = next;
      set({ pending: true });
      if (!asleep) void ask();
    },
    suspend: stop,
    resume() {
      if (!asleep) return;
      asleep = false;
      // The page's own answer is fresh: the first question can wait its turn.
      if (isInitialWhole && state.receivedAt === null && !state.pending) schedule(options.everyMs);
      else void ask();
    },
    close() {
      stop();
      listeners.clear();
    },
  };
}

async function fetchJson<T>(fetchLike: typeof fetch, url: string, signal: AbortSignal): Promise<T> {
  const patience = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
  const response = await fetchLike(url, { signal: patience }).catch((cause) => {
    throw new Error('The server cannot be reached.', { cause });
  });
  if (response.ok) return (await response.json()) as T;
  const message = await response
    .json()
    .then((body: { error?: { message?: string } }) => body.error?.message)
    .catch(() => undefined);
  throw new Refusal(response.status, message ?? `The server answered ${response.status}.`);
}

class Refusal extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}
