import type { IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import { SECOND } from '../model/time/duration';
import type { ErrorAnswer } from '../model/wire/error';
import { failureReason, USER_AGENT } from './post';

const OPEN_WITHIN_MS = 30 * SECOND;
const CLOSE_WITHIN_MS = 2 * SECOND;
/** Of a refusal; what is longer is no answer of ours. */
const MOST_BODY_LENGTH = 64 * 1_024;
/** An answer lists a hundred errors at most. */
const MOST_ANSWER_BYTES = 2 ** 20;

/** What the server says of a frame: committed, or refused. `seq` is null where the server could not read it. */
export type FrameAnswer =
  | { kind: 'ack'; seq: number; accepted: number; duplicates: number; rejected: number; body: object }
  /** `retryAfterMs`: when to send it again; null: it will never be taken. */
  | { kind: 'nack'; seq: number | null; error: ErrorAnswer['error']; retryAfterMs: number | null };

/** Why a connection was not opened: what was answered instead. Status 0: nothing was. */
export class UpgradeRefusal extends Error {
  constructor(
    message: string,
    readonly status: number,
    readonly retryAfterMs: number | null,
  ) {
    super(message);
  }
}

export interface FrameConnectionOptions {
  key?: string;
  /** Called in the order of the frames. */
  onAnswer(answer: FrameAnswer): void;
  /** Called once, when it has ended after it was open, however. */
  onEnd(reason: string, code: number): void;
}

/** One connection to the `/api/ingest` of a server. What is sent on it is answered in order. */
export class FrameConnection {
  private wasOpen = false;

  private constructor(
    private readonly ws: WebSocket,
    options: FrameConnectionOptions,
  ) {
    ws.on('message', (data: Buffer) => {
      const answer = readAnswer(data);
      if (answer) options.onAnswer(answer);
      else ws.close(1002, 'This is no answer to a frame.');
    });
    ws.on('close', (code, reason) => {
      if (this.wasOpen) options.onEnd(describeEnd(code, String(reason)), code);
    });
  }

  /** @param url of a server's `/api/ingest`. @throws UpgradeRefusal */
  static async open(url: URL, options: FrameConnectionOptions): Promise<FrameConnection> {
    const headers: Record<string, string> = { 'user-agent': USER_AGENT };
    if (options.key) headers.authorization = `Bearer ${options.key}`;
    const ws = new WebSocket(url, {
      headers,
      perMessageDeflate: false,
      handshakeTimeout: OPEN_WITHIN_MS,
      maxPayload: MOST_ANSWER_BYTES,
    });
    const connection = new FrameConnection(ws, options);
    // What an error ends is told by 'close', and before it is open by the rejection.
    await new Promise<void>((resolve, reject) => {
      ws.once('open', () => {
        connection.wasOpen = true;
        resolve();
      });
      ws.on('error', (error) => reject(new UpgradeRefusal(failureReason(error), 0, null)));
      ws.once('unexpected-response', (request, response) => {
        refusalFrom(response).then(reject, reject);
        response.once('close', () => request.destroy());
      });
    });
    return connection;
  }

  /** Bytes that the server has not taken yet: sending more than it takes only fills memory. */
  get unsentBytes(): number {
    return this.ws.bufferedAmount;
  }

  /** @param frame JSON as text, or gzipped as bytes. Lost where the connection has ended: `onEnd` tells. */
  send(frame: string | Uint8Array): void {
    if (this.ws.readyState === WebSocket.OPEN) this.ws.send(frame);
  }

  /** Says goodbye; what is not answered by then is not known to be kept. */
  close(): void {
    this.ws.close(1000);
    const timer = setTimeout(() => this.ws.terminate(), CLOSE_WITHIN_MS);
    this.ws.once('close', () => clearTimeout(timer));
  }

  /** Ends it at once: its server does not answer. */
  cutOff(): void {
    this.ws.terminate();
  }
}

/** The address of a server's WebSocket, from the address that a person wrote and `ingestUrl` has checked. */
export function frameUrl(ingest: URL): URL {
  const url = new URL('/api/ingest', ingest);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return url;
}

function readAnswer(data: Buffer): FrameAnswer | null {
  const body = parseObject(data.toString());
  if (!body) return null;
  const {
    ack,
    accepted = 0,
    duplicates = 0,
    rejected = 0,
    nack,
    error,
    retryAfterMs,
  } = body as PartialAnswer;
  if (typeof ack === 'number') return { kind: 'ack', seq: ack, accepted, duplicates, rejected, body };
  if (nack === undefined || !error) return null;
  return { kind: 'nack', seq: nack, error, retryAfterMs: retryAfterMs ?? null };
}

interface PartialAnswer {
  ack?: number;
  accepted?: number;
  duplicates?: number;
  rejected?: number;
  nack?: number | null;
  error?: ErrorAnswer['error'];
  retryAfterMs?: number;
}

async function refusalFrom(response: IncomingMessage): Promise<UpgradeRefusal> {
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) {
    text += chunk;
    if (text.length > MOST_BODY_LENGTH) break;
  }
  const { statusCode: status = 0, headers } = response;
  const { error } = (parseObject(text) ?? {}) as Partial<ErrorAnswer>;
  const said = error ? `${status}, ${error.message}` : `it answered ${status}`;
  const retryAfter = Number(headers['retry-after'] ?? Number.NaN);
  const retryAfterMs = Number.isFinite(retryAfter) ? retryAfter * SECOND : null;
  const message = isOfOurs(status) ? said : `it does not speak WebSocket at /api/ingest: ${said}`;
  return new UpgradeRefusal(message, status, retryAfterMs);
}

/** Whether a status is of a server that has this path, and lets somebody else or somebody later in. */
function isOfOurs(status: number): boolean {
  return [401, 403, 408, 421, 429].includes(status) || status === 500 || status > 501;
}

function parseObject(text: string): object | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' ? value : null;
  } catch {
    return null;
  }
}

function describeEnd(code: number, reason: string): string {
  if (reason) return `${code}, ${reason}`;
  return code === 1006 ? 'the connection broke' : `the connection was closed with ${code}`;
}
