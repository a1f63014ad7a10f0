import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A target that is scraped: answers with a counter that counts its scrapes, or as a test says. */
export class Exporter {
  /** host:port */
  address = '';
  /** Of each scrape: the time, epoch ms, and the value that was answered. */
  readonly scrapes: Array<{ at: number; value: number }> = [];
  answer: (request: IncomingMessage, response: ServerResponse) => void = (_, response) => {
    const value = this.scrapes.length + 1;
    this.scrapes.push({ at: Date.now(), value });
    response.setHeader('content-type', 'text/plain; version=0.0.4');
    response.end(`# TYPE scrapes_total counter\nscrapes_total{kind="test"} ${value}\n`);
  };
  private readonly server: Server = createServer((request, response) => this.answer(request, response));

  async open(): Promise<this> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    this.address = `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
    return this;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
