import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'vitest';
import type { GroupPoints } from '@/lib/model/points';
import type { HistoryAnswer } from '@/lib/model/wire/history';
import type { Query } from '@/lib/model/wire/query';
import { until } from './processes';

/** The live and query endpoints over real HTTP, answering what each test says. */
export class LiveServer {
  server!: Server;
  url = '';
  port = 0;
  streams: Array<{ url: URL; response: ServerResponse }> = [];
  reads: Query[][] = [];
  refuseStreams: false | 401 | 503 = false;
  answer: (query: Query) => unknown = (query) => answerFor(query, []);
  readStatus = 200;

  async listen(): Promise<void> {
    this.server = createServer((request, response) => this.handle(request, response));
    await new Promise<void>((resolve) => this.server.listen(this.port, '127.0.0.1', resolve));
    this.port = (this.server.address() as AddressInfo).port;
    this.url = `http://127.0.0.1:${this.port}`;
  }

  private handle(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url!, this.url);
    if (url.pathname === '/api/live') this.openStream(url, response);
    else if (url.pathname === '/api/metrics') response.writeHead(this.refuseStreams || 200).end();
    else this.read(request, response);
  }

  private openStream(url: URL, response: ServerResponse): void {
    if (this.refuseStreams) {
      response.writeHead(this.refuseStreams).end();
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write('retry: 1000\n\n');
    const stream = { url, response };
    this.streams.push(stream);
    response.on('close', () => {
      this.streams = this.streams.filter((open) => open !== stream);
    });
  }

  private read(request: IncomingMessage, response: ServerResponse): void {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      const { queries } = JSON.parse(body) as { queries: Query[] };
      this.reads.push(queries);
      response.writeHead(this.readStatus, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ results: queries.map(this.answer) }));
    });
  }

  /** The one open stream; waits for it. */
  async stream(): Promise<{ queries: string[]; topics: string[]; cursor: number; send: typeof send }> {
    await until(() => expect(this.streams).toHaveLength(1));
    const { url, response } = this.streams[0];
    return {
      queries: url.searchParams.getAll('q'),
      topics: url.searchParams.getAll('topic'),
      cursor: Number(url.searchParams.get('cursor')),
      send: (event, data, id) => send.call(null, event, data, id, response),
    };
  }

  dropStreams(): void {
    for (const { response } of this.streams) response.destroy();
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

function send(event: string, data: unknown, id?: number, response?: ServerResponse): void {
  response?.write(
    `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`,
  );
}

export function answerFor(query: Query, series: GroupPoints[], cursor = Date.now()): HistoryAnswer {
  const aggregate = query.aggregate ?? 'avg';
  return {
    metric: query.metric,
    type: 'gauge',
    unit: '',
    aggregate,
    step: 1_000,
    tier: 'ring',
    start: 0,
    end: cursor,
    cursor,
    series,
  };
}
