import {
  type ClientHttp2Session,
  connect,
  constants,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
} from 'node:http2';
import { Readable } from 'node:stream';

/** Connections by origin, as a browser keeps them. */
const sessions = new Map<string, ClientHttp2Session>();

/** A connection of its own; our certificates are signed by nobody. */
export function connectHttp2(origin: string): ClientHttp2Session {
  const session = connect(origin, { rejectUnauthorized: false });
  // What is asked on it fails with it.
  session.on('error', () => undefined);
  session.unref();
  return session;
}

export function sessionTo(origin: string): ClientHttp2Session {
  const kept = sessions.get(origin);
  if (kept && !kept.closed && !kept.destroyed) return kept;
  const session = connectHttp2(origin);
  sessions.set(origin, session);
  return session;
}

export interface Http2Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Readable;
}

export interface Http2Question {
  method?: string;
  headers?: OutgoingHttpHeaders;
  body?: string | Uint8Array | Readable | null;
  signal?: AbortSignal;
}

/** One request, with the path and the headers as they are. */
export function askHttp2(
  session: ClientHttp2Session,
  path: string,
  { method = 'GET', headers = {}, body, signal }: Http2Question = {},
): Promise<Http2Answer> {
  return new Promise((resolve, reject) => {
    const stream = session.request(
      { ':method': method, ':path': path, ...headers },
      { endStream: !body, signal },
    );
    stream.on('response', (answer) => {
      const { ':status': status = 0, ...rest } = answer;
      resolve({ status, headers: rest, body: stream });
    });
    stream.on('error', reject);
    stream.on('close', () => reject(new Error(`the stream was closed (${stream.rstCode})`)));
    if (body instanceof Readable) {
      // An answer may come, and the rest of the body not be wanted.
      body.on('error', () => stream.close(constants.NGHTTP2_CANCEL)).pipe(stream);
      stream.on('close', () => body.destroy());
    } else if (body) stream.end(body);
  });
}

/** `fetch`, over HTTP/2 where the address has TLS: without it Node's own. */
export function fetchOverHttp2(plainFetch: typeof fetch): typeof fetch {
  return async (input, init) => {
    const asked = new Request(input, init);
    const url = new URL(asked.url);
    if (url.protocol !== 'https:') return plainFetch(input, init);
    const answer = await askHttp2(sessionTo(url.origin), url.pathname + url.search, {
      method: asked.method,
      headers: Object.fromEntries(asked.headers),
      body: asked.body && Readable.fromWeb(asked.body as never),
      signal: asked.signal,
    });
    const { location } = answer.headers;
    if (asked.redirect === 'follow' && answer.status >= 300 && answer.status < 400 && location) {
      answer.body.resume();
      return fetchOverHttp2(plainFetch)(new URL(location, url), { headers: asked.headers });
    }
    return responseOf(answer, url);
  };
}

function responseOf({ status, headers, body }: Http2Answer, url: URL): Response {
  const received = new Headers();
  for (const [name, value] of Object.entries(headers))
    for (const each of [value ?? []].flat()) received.append(name, each);
  const hasBody = status !== 204 && status !== 304;
  if (!hasBody) body.resume();
  const stream = hasBody ? webStreamOf(body) : null;
  const response = new Response(stream, { status, headers: received });
  return Object.defineProperty(response, 'url', { value: url.href });
}

/** Unlike `Readable.toWeb` it takes an answer whole that came before the end of what was asked. */
function webStreamOf(body: Readable): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>({
    start(controller) {
      let isOver = false;
      const end = (finish: () => void) => {
        if (!isOver) finish();
        isOver = true;
      };
      body.on('data', (chunk: Buffer) => {
        controller.enqueue(new Uint8Array(chunk));
        if ((controller.desiredSize ?? 0) <= 0) body.pause();
      });
      body.on('end', () => end(() => controller.close()));
      body.on('error', (error) => end(() => controller.error(error)));
      body.on('close', () => end(() => controller.error(new Error('the stream was cut off'))));
    },
    pull: () => void body.resume(),
    cancel: () => void body.destroy(),
  });
}
