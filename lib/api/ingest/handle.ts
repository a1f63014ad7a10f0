import { isDisconnect } from '../../access/limit/held-body';
import { PulseError } from '../../model/errors';
import { protocolAt } from '../../model/protocols/protocols';
import { SECOND } from '../../model/time/duration';
import type { Root } from '../../system/root';
import { FORWARDED_BY } from '../../write/forward/relays';
import { type Body, readPieces, readWhole } from '../../write/ingest/body';
import { encodingFor } from '../../write/ingest/encoding';
import { errorHeaders, type PlainResponse, toPulseError } from '../http';
import { headerIn, type RequestHead } from '../request-head';
import { contentTypeFor } from './content-type';
import type { IngestEndpoint } from './endpoint';
import { type Decoded, type IngestSession, openIngestSession } from './session';

/**
 * Answers a write request of either front: authorizes the sender, decodes the body, waits for the commit. Errors become
 * responses of the endpoint; it does not throw.
 */
export async function handleIngest(
  root: Root,
  endpoint: IngestEndpoint,
  head: RequestHead,
  body: Body,
): Promise<PlainResponse> {
  const startedAt = performance.now();
  const answer = await ingest(root, endpoint, head, body);
  const { ingestSeconds, ingestRequests } = root.figures;
  ingestSeconds.observe((performance.now() - startedAt) / SECOND);
  ingestRequests.add(String(answer.status));
  return answer;
}

async function ingest(
  root: Root,
  endpoint: IngestEndpoint,
  head: RequestHead,
  body: Body,
): Promise<PlainResponse> {
  const protocol = protocolAt(endpoint.path);
  const userAgent = headerIn(head, 'user-agent');
  let session: IngestSession | undefined;
  try {
    const key = endpoint.authorize(head, root.auth.senders);
    const relays = headerIn(head, FORWARDED_BY);
    if (relays) root.relays.receive(relays);
    session = openIngestSession(root, { key, address: head.address, protocol, userAgent });
    const result = await session.write(() => decodeBody(root, endpoint, head, body));
    const answer = endpoint.answers.committed(result, head);
    Object.assign(answer.headers, session.rateHeaders);
    return answer;
  } catch (thrown) {
    const error = isDisconnect(thrown) ? cutOff() : toPulseError(thrown);
    const answer = endpoint.answers.refused(error, head);
    Object.assign(answer.headers, errorHeaders(error), session?.rateHeaders);
    const { code, message } = error;
    root.clients.noteRefused({ protocol, userAgent }, { status: answer.status, code, message });
    return answer;
  }
}

/** Chooses the decoder before the body is read. */
function decodeBody(
  { settings, limits }: Root,
  { contentTypes }: IngestEndpoint,
  head: RequestHead,
  body: Body,
): Promise<Decoded> | AsyncIterable<Decoded> {
  const { decode, encodings } = contentTypeFor(headerIn(head, 'content-type'), contentTypes);
  const encoding = encodingFor(headerIn(head, 'content-encoding'), encodings);
  const decoder = decode(head);
  if ('portions' in decoder) return decoder.portions(readPieces(body, encoding), limits.bodies);
  const bytes = readWhole(body, encoding, settings.MAX_BODY_BYTES, limits.bodies);
  return 'whole' in decoder ? bytes.then(decoder.whole) : inTurns(bytes, decoder.inPortions);
}

/** Between portions others have their turn. */
async function* inTurns(
  bytes: Promise<Buffer>,
  inPortions: (bytes: Buffer) => Iterable<Decoded>,
): AsyncGenerator<Decoded> {
  let isFirst = true;
  for (const portion of inPortions(await bytes)) {
    if (!isFirst) await new Promise((resolve) => setImmediate(resolve));
    isFirst = false;
    yield portion;
  }
}

function cutOff(): PulseError {
  return new PulseError('bad_body', 'The connection ended before the body.');
}
