import { WebSocket } from 'ws';
import { until } from './processes';

export interface FrameAnswer {
  ack?: number;
  nack?: number | null;
  accepted?: number;
  duplicates?: number;
  rejected?: number;
  errors?: Array<{ index: number; path: string; code: string }>;
  error?: { code: string; message: string; details: unknown[] };
  retryAfterMs?: number;
}

/** What an upgrade was answered with instead of 101. */
export interface Refusal {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: unknown;
}

export interface Dial {
  key?: string;
  query?: string;
  headers?: Record<string, string>;
}

/** A connection to `/api/ingest` that sends what it is told to, and keeps every answer. */
export class FrameClient {
  readonly answers: FrameAnswer[] = [];
  readonly closed: Promise<{ code: number; reason: string }>;

  private constructor(readonly ws: WebSocket) {
    ws.on('message', (data) => this.answers.push(JSON.parse(String(data))));
    ws.on('error', () => undefined);
    this.closed = new Promise((resolve) =>
      ws.on('close', (code, reason) => resolve({ code, reason: String(reason) })),
    );
  }

  static async open(url: string, dial: Dial = {}): Promise<FrameClient> {
    const client = await dialFrames(url, dial);
    if (client instanceof FrameClient) return client;
    throw new Error(`The upgrade was refused: ${JSON.stringify(client)}`);
  }

  static on(ws: WebSocket): FrameClient {
    return new FrameClient(ws);
  }

  /** Text and bytes as they are, anything else as JSON. */
  send(frame: unknown): void {
    this.ws.send(typeof frame === 'string' || frame instanceof Uint8Array ? frame : JSON.stringify(frame));
  }

  /** Resolves when there are so many answers, with the last of them. */
  async answered(count: number, withinMs?: number): Promise<FrameAnswer> {
    await until(() => {
      if (this.answers.length < count) throw new Error(`${this.answers.length} of ${count} answers`);
    }, withinMs);
    return this.answers[count - 1];
  }

  /** Sends a frame while none is under way, and resolves with its answer. */
  ask(frame: unknown): Promise<FrameAnswer> {
    this.send(frame);
    return this.answered(this.answers.length + 1);
  }

  close(): Promise<unknown> {
    this.ws.close();
    return this.closed;
  }
}

/** Asks for an upgrade. */
export function dialFrames(
  url: string,
  { key, query = '', headers }: Dial = {},
): Promise<FrameClient | Refusal> {
  const ws = new WebSocket(`${url.replace('http', 'ws')}/api/ingest${query}`, {
    // Test certificates are signed by nobody.
    rejectUnauthorized: false,
    headers: { ...(key && { authorization: `Bearer ${key}` }), ...headers },
    perMessageDeflate: false,
  });
  const client = FrameClient.on(ws);
  return new Promise((resolve, reject) => {
    ws.once('open', () => resolve(client));
    ws.once('error', reject);
    ws.once('unexpected-response', async (request, response) => {
      let text = '';
      for await (const chunk of response.setEncoding('utf8')) text += chunk;
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body: JSON.parse(text) });
      request.destroy();
    });
  });
}
