import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import { once } from '../env/once';

/** What a proxy in front or a sender may call a request: nothing that could break a header or a log line. */
const SANE = /^[\w.:-]{1,128}$/;

/**
 * What this request is called in its answer and in all log lines about it: as given in `X-Request-Id`, or a new name.
 */
export function requestIdFrom(given: string | string[] | null | undefined): string {
  return typeof given === 'string' && SANE.test(given) ? given : randomUUID();
}

interface CurrentRequest {
  id: string;
  /** Aborted when its client has gone without its answer; made when somebody asks. */
  gone?: () => AbortSignal;
}

/** The request that is being answered; undefined outside of any. */
export function currentRequestId(): string | undefined {
  return storage().getStore()?.id;
}

/** Aborted when the client of the request that is being answered disconnects, where that is known. */
export function currentRequestGone(): AbortSignal | undefined {
  return storage().getStore()?.gone?.();
}

export function withRequestId<T>(id: string, work: () => T, gone?: () => AbortSignal): T {
  return storage().run({ id, gone }, work);
}

/** For work that one request starts and others share, or that outlives it: its log lines are not that request's. */
export function outsideRequests<T>(work: () => T): T {
  return storage().exit(work);
}

function storage(): AsyncLocalStorage<CurrentRequest> {
  return once('request-id', () => new AsyncLocalStorage<CurrentRequest>());
}
