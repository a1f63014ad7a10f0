import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { decodeWriteRequest } from '@/lib/write/ingest/remote-write/v1';
import type { IncomingSample } from '@/lib/write/ingest/sample';
import { snappy } from '@/lib/write/ingest/snappy';

/** What happens to a request: 204 where nothing is said. */
export type WriteAnswer = (outgoing: ServerResponse, incoming: IncomingMessage) => void;

/** A receiver of remote write that can refuse, be slow or be away at will. */
export class WriteSink {
  /** What was taken with 204, in order of arrival. */
  readonly samples: IncomingSample[] = [];
  readonly requests: IncomingMessage[] = [];
  /** When each request had come, ms. */
  readonly times: number[] = [];
  /** How requests are answered, instead of taking them; null: they are taken. */
  answer: WriteAnswer | null = null;
  /** Samples for which all of their request is refused, as Prometheus does; null: none. */
  refuses: ((sample: IncomingSample) => boolean) | null = null;
  private server: Server | null = null;
  private port = 0;

  get url(): string {
    return `http://127.0.0.1:${this.port}/api/v1/write`;
  }

  /** Listens, on the same port as before if there was one. */
  async open(): Promise<void> {
    this.server = createServer((incoming, outgoing) => {
      // A body that was cut off has no answer.
      this.take(incoming, outgoing).catch(() => outgoing.destroy());
    });
    this.server.listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
    this.port = (this.server.address() as AddressInfo).port;
  }

  /** Goes away as a killed server does: connections break. */
  async close(): Promise<void> {
    const { server } = this;
    this.server = null;
    if (!server) return;
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  }

  /** Samples as texts that compare: name, labels, time, value. */
  get texts(): string[] {
    return this.samples.map(textOfSample);
  }

  private async take(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    this.requests.push(incoming);
    this.times.push(performance.now());
    if (this.answer) return this.answer(outgoing, incoming);
    const body = await snappy.whole(Buffer.concat(chunks), 2 ** 26);
    const samples = [...decodeWriteRequest(body)].flatMap((portion) => portion.samples);
    if (this.refuses && samples.some(this.refuses))
      return void outgoing.writeHead(400).end('out of order sample\n');
    this.samples.push(...samples);
    outgoing.writeHead(204).end();
  }
}

export function textOfSample({ name, labels, timestamp, value }: Omit<IncomingSample, 'index'>): string {
  return `${name} ${JSON.stringify(Object.entries(labels).sort())} ${timestamp} ${value}`;
}
