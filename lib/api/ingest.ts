import { authorizeSender } from '../access/auth/senders';
import { isDisconnect } from '../access/limit/held-body';
import { limitIngest } from '../access/limit/ingest-limit';
import { env } from '../env';
import { isPulseError, PulseError } from '../model/errors';
import { LIMITS } from '../model/limits';
import { SECOND } from '../model/time/duration';
import { figures } from '../observe/figures';
import { readySystem } from '../system';
import { type Body, readPieces, readWhole } from '../write/ingest/body';
import { encodingFor } from '../write/ingest/encoding';
import { protocolFor } from '../write/ingest/protocols';
import type { SampleError, WriteResult } from '../write/ingest/sample';
import { PRECISIONS, type Precision } from '../write/ingest/timestamp';
import { errorResponse, jsonResponse, type PlainResponse } from './http';

/** After so many bad samples without a good one the rest of a body is not looked at. */
const HOPELESS_SAMPLES = LIMITS.samplesPerJsonBody;

/** A write request in plain values, so that `node:http` and a route handler can both make one. */
export interface IngestRequest {
  /** By lower-case name. */
  headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The URL's query string, with or without its question mark. */
  search: string;
  /** The sender's address. */
  address: string;
  body: Body;
}

/** `POST /api/metrics`: reads the body, waits for the commit, answers as the contract says. Never throws. */
export async function handleIngest(request: IngestRequest): Promise<PlainResponse> {
  const startedAt = performance.now();
  const answer = await ingest(request);
  const { ingestSeconds, ingestRequests } = figures();
  ingestSeconds.observe((performance.now() - startedAt) / SECOND);
  ingestRequests.add(String(answer.status));
  return answer;
}

async function ingest({ headers, search, address, body }: IngestRequest): Promise<PlainResponse> {
  const total = new Total();
  let limits: Record<string, string> = {};
  try {
    const limit = limitIngest({ key: authorizeSender(single(headers.authorization)), address });
    limits = limit.headers;
    if (limit.refusal) throw limit.refusal;
    const protocol = protocolFor(single(headers['content-type']));
    const encoding = encodingFor(single(headers['content-encoding']));
    const precision = readPrecision(search);
    const { pipeline } = readySystem();
    if ('whole' in protocol) {
      const bytes = await readWhole(body, encoding, env().MAX_BODY_BYTES);
      total.add(await pipeline.write(protocol.whole(bytes, precision)));
    } else {
      for await (const portion of protocol.portions(readPieces(body, encoding), precision)) {
        total.add(await pipeline.write(portion));
      }
    }
    return withHeaders(total.answer(), limits);
  } catch (error) {
    if (isDisconnect(error))
      return errorResponse(new PulseError('bad_body', 'The connection ended before the body.'));
    return withHeaders(refusal(total.soFar(error)), limits);
  }
}

/** What became of the samples of one body. */
class Total {
  private accepted = 0;
  private duplicates = 0;
  private rejected = 0;
  private readonly errors: SampleError[] = [];

  add({ accepted, duplicates, rejected, errors }: WriteResult): void {
    this.accepted += accepted;
    this.duplicates += duplicates;
    this.rejected += rejected;
    if (errors.length > 0) this.errors.push(...errors.slice(0, LIMITS.errorsListed - this.errors.length));
    // Nothing but rubbish so far, and a stream of it may go on for ever.
    if (this.accepted === 0 && this.rejected >= HOPELESS_SAMPLES) throw this.nothingUsable();
  }

  answer(): PlainResponse {
    const { accepted, duplicates, rejected, errors } = this;
    if (rejected === 0) return jsonResponse({ accepted, duplicates, rejected });
    if (accepted > 0) return jsonResponse({ accepted, duplicates, rejected, errors });
    throw this.nothingUsable();
  }

  private nothingUsable(): PulseError {
    const { rejected, errors } = this;
    const message = `None of the ${rejected} samples can be used; the first one: ${errors[0].message}.`;
    return new PulseError('nothing_usable', message, { details: errors });
  }

  /** An error in the middle of a body names what was kept of it, so that the sender can go on from there. */
  soFar(error: unknown): unknown {
    const { accepted, duplicates, rejected } = this;
    if (accepted + rejected === 0 || !isPulseError(error) || error.code === 'nothing_usable') return error;
    const message = `${error.message} Before that, ${accepted} samples of this body were accepted and ${rejected} rejected.`;
    const { cause, retryAfterMs } = error;
    return new PulseError(error.code, message, {
      cause,
      retryAfterMs,
      details: [{ accepted, duplicates, rejected }],
    });
  }
}

function refusal(error: unknown): PlainResponse {
  const response = errorResponse(error);
  if (response.status === 401) response.headers['www-authenticate'] = 'Bearer';
  return response;
}

function withHeaders(answer: PlainResponse, headers: Record<string, string>): PlainResponse {
  Object.assign(answer.headers, headers);
  return answer;
}

function readPrecision(search: string): Precision {
  const given = search === '' ? null : new URLSearchParams(search).get('precision');
  if (given === null) return 'ms';
  if (Object.hasOwn(PRECISIONS, given)) return given as Precision;
  throw new PulseError('bad_parameter', `precision must be one of ${Object.keys(PRECISIONS).join(', ')}.`, {
    details: [{ parameter: 'precision' }],
  });
}

function single(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}
