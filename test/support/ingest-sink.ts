import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';

/** A batch as senders post it, one per NDJSON line. */
export interface PostedBatch {
  host: string;
  timestamp: number;
  labels: Record<string, string>;
  samples: Array<{ name: string; value: number; timestamp?: number; labels?: Record<string, string> }>;
}

/** What the next post is answered with. */
export interface PlannedAnswer {
  status: number;
  headers?: Record<string, string>;
  body?: unknown;
}

/**
 * The other end of a sender under test: a real HTTP server that can be away, refuse or ask for patience at will, which
 * a healthy Pulseboard cannot be made to do.
 */
export class IngestSink {
  /** Batches of posts answered with 200, in order of arrival. */
  readonly batches: PostedBatch[] = [];
  readonly requests: IncomingMessage[] = [];
  /** Answers for the next posts; 200 when there are none left. */
  readonly answers: PlannedAnswer[] = [];
  private server: Server | null = null;
  private port = 0;

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Listens, on the same port as before if there was one. */
  async open(): Promise<void> {
    const answer = async (incoming: IncomingMessage, outgoing: ServerResponse) => {
      const batches = await readBatches(incoming);
      const planned = this.answers.shift();
      this.requests.push(incoming);
      if (!planned || planned.status === 200) this.batches.push(...batches);
      const accepted = { accepted: batches.length, duplicates: 0, rejected: 0 };
      outgoing.writeHead(planned?.status ?? 200, { 'content-type': 'application/json', ...planned?.headers });
      outgoing.end(JSON.stringify(planned?.body ?? accepted));
    };
    this.server = createServer((incoming, outgoing) => {
      // A body that was cut off has no answer.
      answer(incoming, outgoing).catch(() => outgoing.destroy());
    });
    this.server.listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
    this.port = (this.server.address() as AddressInfo).port;
  }

  /** Goes away as a killed server does: connections break. */
  async close(): Promise<void> {
    const server = this.server;
    this.server = null;
    if (!server) return;
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  }
}

async function readBatches(incoming: IncomingMessage): Promise<PostedBatch[]> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  const text = String(incoming.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body);
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}
