import { SECOND } from '@/lib/model/time/duration';

/** The last answer of the server, and whether it belongs to the current URL. A new object at every change. */
export interface Kept<T> {
  readonly answer: T;
  /** The address has changed and its answer is not here yet: what is shown is still the old one. */
  readonly pending: boolean;
  /** Why the last attempts failed; null while they succeed. */
  readonly problem: string | null;
  /** When `answer` came, ms of the reader's clock; null for the one from the server's page. */
  readonly receivedAt: number | null;
}

export interface KeptAnswerOptions<T> {
  url: string;
  /** The answer to `url` that the page came with. */
  initial: T;
  /** False where that is only the beginning, and the rest is to be asked for at once. */
  isInitialWhole?: boolean;
  /** The shortest time between two requests, however often there is news. */
  everyMs: number;
  fetch: typeof fetch;
  /** What a body says; without it, the body is the answer. */
  read?(body: unknown): T;
  now?(): number;
  random?(): number;
  /** The next address, when it depends on the last answer (`since=`). */
  nextUrl?(url: string, last: T): string;
  /** The session has ended. */
  onSignedOut?(): void;
  /** How the next answer joins the last. */
  merge?(last: T, next: T): T;
}

/** An answer that is read again when there is news about it. Without React: hooks are glue. */
export interface KeptAnswer<T> {
  subscribe(changed: () => void): () => void;
  getSnapshot(): Kept<T>;
  /** Asks for another URL from now on, at once. */
  setUrl(url: string): void;
  /** There is news: asks again, as soon as `everyMs` allows. */
  refresh(): void;
  /** Nobody looks: aborts the request under way. */
  stop(): void;
}

const TIMEOUT_MS = 10 * SECOND;
const LONGEST_WAIT_MS = 15 * SECOND;

export function createKeptAnswer<T>(options: KeptAnswerOptions<T>): KeptAnswer<T> {
  const { now = Date.now, random = Math.random, isInitialWhole = true, everyMs } = options;
  const { read = (body: unknown) => body as T } = options;
  const listeners = new Set<() => void>();
  let { url } = options;
  let state: Kept<T> = { answer: options.initial, pending: false, problem: null, receivedAt: null };
  let failures = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let asking: AbortController | null = null;
  let hasNews = false;
  // Pages that receive the same event at the same moment ask at different ones.
  let askedAt = isInitialWhole ? now() - everyMs * random() : Number.NEGATIVE_INFINITY;

  function set(change: Partial<Kept<T>>): void {
    state = { ...state, ...change };
    for (const listener of listeners) listener();
  }

  function refresh(): void {
    hasNews = true;
    if (timer !== undefined || asking) return;
    const waitMs = Math.min(Math.max(LONGEST_WAIT_MS, everyMs), everyMs * 2 ** failures);
    timer = setTimeout(ask, Math.max(0, askedAt + waitMs - now()));
  }

  async function ask(): Promise<void> {
    forgetQuestion();
    const mine = new AbortController();
    asking = mine;
    askedAt = now();
    hasNews = false;
    const another = state.pending;
    const address = another ? url : (options.nextUrl?.(url, state.answer) ?? url);
    try {
      const next = read(await fetchJson(options.fetch, address, mine.signal));
      if (asking !== mine) return;
      failures = 0;
      const answer = another || !options.merge ? next : options.merge(state.answer, next);
      set({ answer, pending: false, problem: null, receivedAt: now() });
    } catch (error) {
      // Aborted for a newer request, or since nobody looks: the server has not failed.
      if (asking !== mine) return;
      failures++;
      if (error instanceof Refusal && error.status === 401) options.onSignedOut?.();
      set({ problem: error instanceof Error ? error.message : String(error) });
    }
    asking = null;
    // News that came during the request may not be in its answer; and a failed request is repeated.
    if (hasNews || failures > 0) refresh();
  }

  function forgetQuestion(): void {
    clearTimeout(timer);
    timer = undefined;
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
      void ask();
    },
    refresh,
    stop: forgetQuestion,
  };
}

async function fetchJson(fetchLike: typeof fetch, url: string, signal: AbortSignal): Promise<unknown> {
  const ended = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
  const response = await fetchLike(url, { signal: ended }).catch((cause) => {
    throw new Error('The server cannot be reached.', { cause });
  });
  if (response.ok) return response.json();
  const message = await response
    .json()
    .then(({ error }: { error?: string | { message?: string } }) =>
      typeof error === 'string' ? error : error?.message,
    )
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
