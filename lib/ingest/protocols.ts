import { PulseError } from '../errors';
import { type BodyOptions, inflate, readWhole, toText } from './body';
import { decodeJson } from './json';
import { decodeNdjson } from './ndjson';
import { refuseCostlyJson } from './prescan';
import type { DecodedSamples } from './sample';
import type { Precision } from './timestamp';

export interface DecodeOptions extends BodyOptions {
  precision: Precision;
}

/** Reads a body in portions. What it throws ends the body; what it yields is to be kept. */
export type Protocol = (
  body: AsyncIterable<Uint8Array>,
  options: DecodeOptions,
) => AsyncIterable<DecodedSamples>;

/** By content type: a new protocol is a file beside this one and a line here. */
const PROTOCOLS: Record<string, Protocol> = {
  'application/json': json,
  'application/x-ndjson': ndjson,
};

/** Throws `unsupported_content_type`. Only UTF-8 is read, whatever a charset says that is not it. */
export function protocolFor(contentType: string | undefined): Protocol {
  const [type, ...parameters] = (contentType ?? '').toLowerCase().split(';');
  const protocol = Object.hasOwn(PROTOCOLS, type.trim()) ? PROTOCOLS[type.trim()] : undefined;
  const charset = /charset\s*=\s*"?([^"\s]+)/.exec(parameters.join(';'))?.[1] ?? 'utf-8';
  if (protocol && /^(utf-?8|us-ascii)$/.test(charset)) return protocol;
  const message = `Content-Type must be ${Object.keys(PROTOCOLS).join(' or ')} in UTF-8; curl needs -H 'content-type: application/json'.`;
  throw new PulseError('unsupported_content_type', message);
}

async function* json(
  body: AsyncIterable<Uint8Array>,
  options: DecodeOptions,
): AsyncGenerator<DecodedSamples> {
  const bytes = await readWhole(body, options);
  refuseCostlyJson(bytes);
  yield decodeJson(toText(bytes), { now: Date.now(), precision: options.precision, firstIndex: 0 });
}

async function* ndjson(
  body: AsyncIterable<Uint8Array>,
  options: DecodeOptions,
): AsyncGenerator<DecodedSamples> {
  yield* decodeNdjson(options.decoder ? inflate(body, options.decoder()) : body, options.precision);
}
