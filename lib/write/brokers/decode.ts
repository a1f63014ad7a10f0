import type { HeldBodies } from '../../access/limit/held-body';
import { decodeEventLines, decodeEvents } from '../events/decode';
import type { DecodedEvents } from '../events/incoming-event';
import { readWhole } from '../ingest/body';
import { encodingFor } from '../ingest/encoding';
import { decodeJsonBody } from '../ingest/json';
import { decodeNdjson } from '../ingest/ndjson';
import type { DecodedSamples } from '../ingest/sample';
import type { BrokerMessage } from './message';

const NEWLINE = 0x0a;

/**
 * What a message holds, decoded as a posted body is; timestamps are in ms.
 *
 * @param maxBytes bounds its value as it was sent and inflated
 * @throws PulseError as the decoders of a body do
 */
export async function* decodeMessage(
  message: BrokerMessage,
  maxBytes: number,
  bodies: HeldBodies,
): AsyncGenerator<DecodedSamples | DecodedEvents> {
  const { what, contentType, contentEncoding, time, id } = message;
  const encoding = encodingFor(contentEncoding);
  const bytes = await readWhole(asPieces(message.value), encoding, maxBytes, bodies);
  const isLines = hasLines(contentType, bytes);
  if (what === 'events') {
    const context = { precision: 'ms' as const, bodyKey: id, time };
    yield* isLines ? decodeEventLines(asPieces(bytes), context, bodies) : decodeEvents(bytes, context);
  } else if (isLines) yield* decodeNdjson(asPieces(bytes), 'ms', bodies, time);
  else yield decodeJsonBody(bytes, 'ms', time);
}

async function* asPieces(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}

/**
 * Whether it is NDJSON. Where nothing says so: whether there are several lines and the first may be JSON by itself, as
 * that of JSON which is spread over lines is not.
 */
function hasLines(contentType: string | undefined, bytes: Buffer): boolean {
  const type = contentType?.split(';')[0].trim().toLowerCase();
  if (type === 'application/x-ndjson') return true;
  if (type === 'application/json') return false;
  const end = bytes.indexOf(NEWLINE);
  if (end === -1 || end > 2 ** 20) return false;
  const first = bytes.toString('latin1', 0, end).trim();
  return /^(\{.*\}|\[.*\])$/s.test(first) && bytes.toString('latin1', end).trim() !== '';
}
