import { EventEmitter } from 'node:events';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { Agent, request } from 'undici';
import { SECOND } from '../../model/time/duration';
import { VERSION } from '../../model/version';
import type { ExpositionFormat } from '../ingest/exposition/exposition';
import type { ScrapeJob } from './config';

const inflate = promisify(gunzip);

const ACCEPT = 'application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.4,*/*;q=0.1';

export interface Exposition {
  text: string;
  format: ExpositionFormat;
}

/** Asks the targets of one job, over connections that stay open. */
export class ScrapeClient {
  private readonly agent: Agent;
  private readonly headers: Record<string, string>;

  constructor(private readonly job: ScrapeJob) {
    const {
      tls_config: tls,
      certificateAuthority,
      timeoutMs,
      credentials,
      enable_compression: compressed,
    } = job;
    this.agent = new Agent({
      connections: 1,
      connect: {
        timeout: timeoutMs,
        rejectUnauthorized: !tls?.insecure_skip_verify,
        ...(tls?.server_name && { servername: tls.server_name }),
        ...(certificateAuthority && { ca: certificateAuthority }),
      },
    });
    this.headers = {
      accept: ACCEPT,
      'user-agent': `Pulseboard/${VERSION}`,
      'x-prometheus-scrape-timeout-seconds': String(timeoutMs / SECOND),
      ...(compressed && { 'accept-encoding': 'gzip' }),
      ...(credentials && { authorization: credentials }),
    };
  }

  /** @throws Error that says in words for people why there is no exposition */
  async get(url: string): Promise<Exposition> {
    const { timeoutMs } = this.job;
    // A third of what an AbortSignal takes.
    const signal = new EventEmitter();
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      signal.emit('abort');
    }, timeoutMs);
    try {
      const answer = await request(url, { dispatcher: this.agent, headers: this.headers, signal });
      if (answer.statusCode !== 200) {
        await answer.body.dump();
        throw new Error(`the answer was ${answer.statusCode}`);
      }
      const bytes = await this.readBody(answer.body);
      const text = (
        answer.headers['content-encoding'] === 'gzip' ? await this.inflate(bytes) : bytes
      ).toString();
      const type = String(answer.headers['content-type'] ?? '');
      return { text, format: type.startsWith('application/openmetrics-text') ? 'openmetrics' : 'text' };
    } catch (error) {
      if (isLate) throw new Error(`no answer within ${timeoutMs / SECOND} s (scrape_timeout)`);
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Requests under way fail. */
  async close(): Promise<void> {
    await this.agent.destroy();
  }

  private async readBody(body: AsyncIterable<Buffer>): Promise<Buffer> {
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of body) {
      bytes += chunk.length;
      if (bytes > this.job.body_size_limit) throw this.tooLarge();
      chunks.push(chunk);
    }
    return chunks.length === 1 ? chunks[0] : Buffer.concat(chunks);
  }

  private async inflate(bytes: Buffer): Promise<Buffer> {
    try {
      return await inflate(bytes, { maxOutputLength: this.job.body_size_limit });
    } catch (error) {
      throw (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' ? this.tooLarge() : error;
    }
  }

  private tooLarge(): Error {
    return new Error(`the answer has more than ${this.job.body_size_limit} bytes (body_size_limit)`);
  }
}
