import { PulseError } from '../../model/errors';
import { toText } from './body';
import { decodeJson } from './json';
import { decodeNdjson } from './ndjson';
import { refuseCostlyJson } from './prescan';
import type { DecodedSamples } from './sample';
import type { Precision } from './timestamp';

/** How a kind of body is read: whole, or in portions as it streams in. What it throws ends the body. */
export type Protocol =
  | { whole(bytes: Buffer, precision: Precision): DecodedSamples }
  | { portions(pieces: AsyncIterable<Uint8Array>, precision: Precision): AsyncIterable<DecodedSamples> };

/** By content type: a new protocol is a file beside this one and a line here. */
const PROTOCOLS: Record<string, Protocol> = {
  'application/json': { whole: decodeJsonBody },
  'application/x-ndjson': { portions: decodeNdjson },
};

/** Throws `unsupported_content_type`. Only UTF-8 is read, whatever a charset says that is not it. */
export function protocolFor(contentType = ''): Protocol {
  // What nearly every request says, word for word.
  if (contentType === 'application/json') return PROTOCOLS[contentType];
  const [type, ...parameters] = contentType.toLowerCase().split(';');
  const protocol = Object.hasOwn(PROTOCOLS, type.trim()) ? PROTOCOLS[type.trim()] : undefined;
  const charset = /charset\s*=\s*"?([^"\s]+)/.exec(parameters.join(';'))?.[1] ?? 'utf-8';
  if (protocol && /^(utf-?8|us-ascii)$/.test(charset)) return protocol;
  const message = `Content-Type must be ${Object.keys(PROTOCOLS).join(' or ')} in UTF-8; curl needs -H 'content-type: application/json'.`;
  throw new PulseError('unsupported_content_type', message);
}

function decodeJsonBody(bytes: Buffer, precision: Precision): DecodedSamples {
  refuseCostlyJson(bytes);
  return decodeJson(toText(bytes), { now: Date.now(), precision, firstIndex: 0 });
}
