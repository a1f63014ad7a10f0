/**
 * Every error that a client can get: a code, an HTTP status and advice. Thrown as `PulseError`, answered as
 * `{"error":{"code","message","details"}}`. Anything else that is thrown is logged whole and answered without details.
 */
export const ERROR_STATUS = {
  bad_json: 400,
  bad_shape: 400,
  bad_body: 400,
  bad_request: 400,
  nothing_usable: 400,
  bad_parameter: 400,
  too_many_points: 400,
  too_expensive: 400,
  unauthorized: 401,
  forbidden: 403,
  not_found: 404,
  unknown_metric: 404,
  method_not_allowed: 405,
  request_timeout: 408,
  forwarding_loop: 409,
  body_too_large: 413,
  too_many_samples: 413,
  unsupported_content_type: 415,
  unsupported_encoding: 415,
  misdirected: 421,
  upgrade_required: 426,
  rate_limited: 429,
  headers_too_large: 431,
  client_closed: 499,
  internal: 500,
  not_implemented: 501,
  queue_full: 503,
  database_unavailable: 503,
  too_busy: 503,
  too_many_streams: 503,
  too_many_connections: 503,
  shutting_down: 503,
} as const satisfies Record<string, number>;
export type ErrorCode = keyof typeof ERROR_STATUS;

export interface PulseErrorOptions {
  cause?: unknown;
  details?: readonly unknown[];
  /** When trying again is worth it; becomes `Retry-After`, rounded up to whole seconds. */
  retryAfterMs?: number;
}

export class PulseError extends Error {
  readonly code: ErrorCode;
  readonly details: readonly unknown[];
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, message: string, options: PulseErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.name = 'PulseError';
    this.code = code;
    this.details = options.details ?? [];
    this.retryAfterMs = options.retryAfterMs;
  }

  get status(): number {
    return ERROR_STATUS[this.code];
  }
}

/** By name, not `instanceof`: Next.js loads modules more than once in a process, so there are several classes. */
export function isPulseError(error: unknown): error is PulseError {
  return error instanceof Error && error.name === 'PulseError';
}
