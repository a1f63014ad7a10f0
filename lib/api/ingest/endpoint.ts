import type { z } from 'zod';
import type { ZodOpenApiOperationObject } from 'zod-openapi';
import type { Senders } from '../../access/auth/senders';
import type { HeldBodies } from '../../access/limit/held-body';
import type { PulseError } from '../../model/errors';
import type { Encodings } from '../../write/ingest/encoding';
import type { WriteResult } from '../../write/ingest/sample';
import type { PlainResponse } from '../http';
import type { RequestHead } from '../request-head';
import type { Decoded } from './session';

/**
 * One ingest protocol at one path, asked with one method. Reading the body within its bounds, rate limits, the commit
 * and the counting are the same for all (`handle.ts`); what differs is here.
 */
export interface IngestEndpoint {
  /**
   * An exact path, such as `/api/v2/write`; everything below it where it ends in `/*`. It is asked with POST, unless
   * another method stands before it: `PUT /metrics/job/*`.
   */
  readonly path: string;
  /** By Content-Type, in lower case without parameters; `*` is any other. */
  readonly contentTypes: Readonly<Record<string, ContentType>>;
  /**
   * The name of the key that was shown; null where no keys are configured.
   * @throws PulseError `unauthorized`, `forbidden`
   */
  authorize(head: RequestHead, senders: Senders): string | null;
  readonly answers: IngestAnswers;
  /** Its description in the OpenAPI document, except the body. */
  readonly operation: Omit<ZodOpenApiOperationObject, 'requestBody'>;
}

export interface IngestAnswers {
  /** When all of the body is decoded and every good sample is committed. */
  committed(result: WriteResult, head: RequestHead): PlainResponse;
  /** For anything else. `Retry-After` and the headers of rate limits are added to it. */
  refused(error: PulseError, head: RequestHead): PlainResponse;
}

/** One kind of body. */
export interface ContentType {
  /** The schema of the body in the OpenAPI document. */
  readonly schema: z.ZodType;
  /** Called before the body is read, so that wrong parameters are refused without it. */
  decode(head: RequestHead): Decoder;
  /** By Content-Encoding: those it takes beside what every endpoint does (`encoding.ts`). */
  readonly encodings?: Encodings;
}

/**
 * How a body is read: whole, of at most MAX_BODY_BYTES, and then decoded at once or in portions; or in portions as it
 * streams in, where `bodies` has room for what has to be held of it. What it throws ends the body.
 */
export type Decoder =
  | { whole(bytes: Buffer): Decoded }
  | { inPortions(bytes: Buffer): Iterable<Decoded> }
  | { portions(pieces: AsyncIterable<Uint8Array>, bodies: HeldBodies): AsyncIterable<Decoded> };
