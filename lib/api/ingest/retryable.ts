import { ERROR_STATUS, type PulseError } from '../../model/errors';
import { SECOND } from '../../model/time/duration';
import type { PlainResponse } from '../http';

/** Of these nothing was kept, or it is not known what was; the same body is welcome later. */
const LATER = new Set<number>([
  ERROR_STATUS.rate_limited,
  ERROR_STATUS.request_timeout,
  ERROR_STATUS.internal,
]);

/**
 * The status for senders that throw away what is answered with 429 or 500 (Prometheus, OpenTelemetry): whatever may
 * be sent again is a 503, and says when.
 */
export function statusForRetry({
  status,
  retryAfterMs = SECOND,
}: PulseError): Pick<PlainResponse, 'status' | 'headers'> {
  if (!LATER.has(status) && status < 500) return { status, headers: {} };
  return { status: 503, headers: { 'retry-after': String(Math.ceil(retryAfterMs / SECOND)) } };
}
