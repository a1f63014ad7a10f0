import type { PulseError } from '../../model/errors';
import { PromqlError, type PromqlErrorType } from '../../read/promql/errors';
import { formatValue } from '../../read/promql/format-number';
import { Work } from '../../runtime/work/work';
import { rootOfProcess } from '../../system/process';
import {
  errorHeaders,
  jsonResponse,
  type LargeResponse,
  largeJsonResponse,
  openHandler,
  type PlainResponse,
  toPulseError,
  viewerHeaders,
} from '../http';
import { type Parameters, readParameters } from './parameters';

const STATUS: Record<PromqlErrorType, number> = {
  bad_data: 400,
  execution: 422,
  timeout: 503,
  canceled: 499,
  internal: 500,
  unavailable: 503,
};

/** What an answer says beside its data. */
export interface Remarks {
  warnings?: readonly string[];
  infos?: readonly string[];
}

type Answered = Promise<PlainResponse | LargeResponse> | PlainResponse;

/**
 * A route handler of Prometheus' API, for viewers: its parameters may come in the address, or as a form in the body;
 * its errors have the shape of Prometheus'.
 */
export function promqlHandler(answer: (parameters: Parameters, work: Work, request: Request) => Answered) {
  return openHandler(async (request) => {
    const { auth, scheduler, limits } = rootOfProcess();
    auth.viewers.authorize(viewerHeaders(request));
    try {
      const parameters = await readParameters(request, limits.bodies);
      const late = parameters.timeoutMs === null ? null : AbortSignal.timeout(parameters.timeoutMs);
      const signal = late ? AbortSignal.any([request.signal, late]) : request.signal;
      const work = new Work(scheduler, { signal });
      try {
        return await work.run(() => answer(parameters, work, request));
      } catch (error) {
        throw late?.aborted ? new PromqlError('timeout', 'query timed out in expression evaluation') : error;
      }
    } catch (error) {
      return promqlError(error);
    }
  });
}

/** Data that is small. */
export function success(data: unknown, { warnings = [], infos = [] }: Remarks = {}): PlainResponse {
  return jsonResponse({
    status: 'success',
    data,
    ...(warnings.length > 0 && { warnings }),
    ...(infos.length > 0 && { infos }),
  });
}

/** Data in pieces of JSON. */
export function largeSuccess(
  data: Iterable<string>,
  work: Work,
  { warnings = [], infos = [] }: Remarks = {},
): Promise<LargeResponse> {
  function* texts(): Generator<string> {
    yield '{"status":"success","data":';
    yield* data;
    if (warnings.length > 0) yield `,"warnings":${JSON.stringify(warnings)}`;
    if (infos.length > 0) yield `,"infos":${JSON.stringify(infos)}`;
    yield '}';
  }
  return largeJsonResponse(texts(), work);
}

/** A sample: epoch ms, as seconds; its value is text, since JSON has no NaN. */
export function sampleJson(timestamp: number, value: number): string {
  return `[${timestamp / 1_000},"${formatValue(value)}"]`;
}

/** The response to any thrown value, in the shape of Prometheus'. */
export function promqlError(thrown: unknown): PlainResponse {
  if (thrown instanceof PromqlError) {
    const { type, message } = thrown;
    return jsonResponse({ status: 'error', errorType: type, error: message }, STATUS[type]);
  }
  const error = toPulseError(thrown);
  const [type, status] = inPrometheusWords(error);
  return jsonResponse(
    { status: 'error', errorType: type, error: error.message },
    status,
    errorHeaders(error),
  );
}

function inPrometheusWords({ code, status }: PulseError): [PromqlErrorType, number] {
  if (code === 'too_expensive') return ['execution', STATUS.execution];
  if (code === 'client_closed') return ['canceled', STATUS.canceled];
  if (status === 503) return ['unavailable', status];
  return status < 500 ? ['bad_data', status] : ['internal', status];
}
