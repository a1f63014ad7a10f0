import { errorBody, isPulseError, type PulseError, PulseError as PulseErrorClass } from './errors';
import { log } from './log';

/** An answer in plain values, so that `node:http` and a route handler can both send it. */
export interface PlainResponse {
  status: number;
  headers: Record<string, string>;
  body: string;
}

export function jsonResponse(value: unknown, status = 200, headers: Record<string, string> = {}): PlainResponse {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store', ...headers },
    body: JSON.stringify(value),
  };
}

/** Any thrown value as an answer. What is not a `PulseError` is logged whole and answered without its inside. */
export function errorResponse(thrown: unknown): PlainResponse {
  const error: PulseError = isPulseError(thrown) ? thrown : unexpected(thrown);
  const headers: Record<string, string> = {};
  if (error.retryAfterMs !== undefined) headers['retry-after'] = String(Math.ceil(error.retryAfterMs / 1_000));
  return jsonResponse(errorBody(error), error.status, headers);
}

function unexpected(thrown: unknown): PulseError {
  log().error({ err: thrown }, 'unexpected error');
  return new PulseErrorClass('internal', 'Something went wrong on the server; its log has the details.');
}

/** A plain answer as what a route handler returns. */
export function toWebResponse({ status, headers, body }: PlainResponse): Response {
  return new Response(body, { status, headers });
}
