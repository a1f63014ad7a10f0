import { Agent, type IncomingMessage, request } from 'node:http';
import { Agent as SecureAgent, request as secureRequest } from 'node:https';
import { pipeline } from 'node:stream/promises';
import { SECOND } from '../model/time/duration';
import { VERSION } from '../model/version';

/** How the agent, and what plays one, names itself. */
export const USER_AGENT = `pulseboard-agent/${VERSION}`;

const ANSWER_WITHIN_MS = 30 * SECOND;

export interface PostResponse {
  status: number;
  /** The body as JSON; null when it is not JSON (a proxy's page). */
  body: unknown;
  /** From `Retry-After` in seconds; null when the answer has none. */
  retryAfterMs: number | null;
}

export interface Poster {
  /** Rejects when no answer came: refused, reset, or none within 30 s. */
  post(body: Buffer | AsyncIterable<string | Buffer>, headers: Record<string, string>): Promise<PostResponse>;
  close(): void;
}

/** Posts to one address over connections that are kept. */
export function createPoster(
  url: URL,
  { connections = 1, key }: { connections?: number; key?: string },
): Poster {
  const isSecure = url.protocol === 'https:';
  const agent = new (isSecure ? SecureAgent : Agent)({ keepAlive: true, maxSockets: connections });
  const send = isSecure ? secureRequest : request;
  const own: Record<string, string> = { 'user-agent': USER_AGENT };
  if (key) own.authorization = `Bearer ${key}`;

  return {
    post(body, headers) {
      return new Promise<PostResponse>((resolve, reject) => {
        const outgoing = send(
          url,
          { method: 'POST', agent, headers: { ...own, ...headers }, timeout: ANSWER_WITHIN_MS },
          (incoming) => {
            readResponse(incoming)
              .then(resolve, reject)
              // An answer before the end of the body is a refusal: the rest is not sent.
              .finally(() => outgoing.writableFinished || outgoing.destroy());
          },
        );
        outgoing.on('timeout', () => outgoing.destroy(new Error('no answer within 30 s')));
        outgoing.on('error', reject);
        if (Buffer.isBuffer(body)) outgoing.end(body);
        else pipeline(body, outgoing).catch(reject);
      });
    },
    close: () => agent.destroy(),
  };
}

/** What a person needs to know of a failed post: the system's code where there is one. */
export function failureReason(error: unknown): string {
  if (error instanceof AggregateError) return failureReason(error.errors[0]);
  if (error instanceof Error) return 'code' in error ? String(error.code) : error.message;
  return String(error);
}

/**
 * The ingest address of a server, from the address that a person wrote. Throws an error with advice when it is not
 * valid.
 */
export function ingestUrl(server: string): URL {
  if (!/^https?:\/\//.test(server) || !URL.canParse(server)) {
    throw new Error(`${server} is not a server's address; it should look like http://127.0.0.1:3000`);
  }
  return new URL('/api/metrics', server);
}

async function readResponse(incoming: IncomingMessage): Promise<PostResponse> {
  let text = '';
  for await (const chunk of incoming.setEncoding('utf8')) text += chunk;
  const retryAfter = Number(incoming.headers['retry-after'] ?? Number.NaN);
  return {
    status: incoming.statusCode ?? 0,
    body: parseJson(text),
    retryAfterMs: Number.isFinite(retryAfter) ? retryAfter * SECOND : null,
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
