import { type FrameAnswer, FrameConnection, frameUrl } from '../../lib/agent/frame-connection';
import { createPoster, ingestUrl, type PostResponse } from '../../lib/agent/post';
import type { TransportName } from '../../lib/agent/transports';
import { Trouble } from '../../lib/agent/trouble';
import { ERROR_STATUS } from '../../lib/model/errors';
import type { Batch } from './fleet';

/** More would only queue up in this process. */
const MAX_CONNECTIONS = 256;

/** How the servers of a fleet reach Pulseboard. */
export interface FleetTransport {
  /** Resolves with the answer. Rejects when there was none. */
  send(batch: Batch): Promise<PostResponse>;
  close(): void;
}

interface FleetTransportOptions {
  url: string;
  key?: string;
  /** How many servers there are. */
  servers: number;
}

export const FLEET_TRANSPORTS = { post: overPosts, ws: overFrames } as const satisfies Record<
  TransportName,
  (options: FleetTransportOptions) => FleetTransport
>;

function overPosts({ url, key, servers }: FleetTransportOptions): FleetTransport {
  const poster = createPoster(ingestUrl(url), { connections: Math.min(MAX_CONNECTIONS, servers), key });
  return {
    send(batch) {
      const body = Buffer.from(JSON.stringify(batch));
      const headers = { 'content-type': 'application/json', 'content-length': String(body.length) };
      return poster.post(body, headers);
    },
    close: () => poster.close(),
  };
}

/** Each server has a connection of its own, as agents have. */
function overFrames({ url, key }: FleetTransportOptions): FleetTransport {
  const ingest = frameUrl(ingestUrl(url));
  const links = new Map<string, FrameLink>();
  return {
    send(batch) {
      const link = links.get(batch.host) ?? new FrameLink(ingest, key);
      links.set(batch.host, link);
      return link.send(batch);
    },
    close() {
      for (const link of links.values()) link.close();
    },
  };
}

interface Waiting {
  resolve(answer: PostResponse): void;
  reject(error: Error): void;
}

/** One server's connection, opened again when it has ended, later each time. */
class FrameLink {
  private connection: Promise<FrameConnection> | null = null;
  private readonly waiting: Waiting[] = [];
  private seq = 0;
  private retryAt = 0;
  // The tally says what failed.
  private readonly trouble = new Trouble(() => {}, 2);

  constructor(
    private readonly url: URL,
    private readonly key: string | undefined,
  ) {}

  async send(batch: Batch): Promise<PostResponse> {
    this.connection ??= this.open();
    const connection = await this.connection;
    return new Promise((resolve, reject) => {
      this.waiting.push({ resolve, reject });
      connection.send(JSON.stringify({ seq: this.seq++, ...batch }));
    });
  }

  close(): void {
    void this.connection?.then(
      (connection) => connection.close(),
      () => {},
    );
  }

  private async open(): Promise<FrameConnection> {
    try {
      if (Date.now() < this.retryAt) throw new Error('not connected');
      return await FrameConnection.open(this.url, {
        key: this.key,
        onAnswer: (answer) => this.take(answer),
        onEnd: (reason) => this.ended(reason),
      });
    } catch (error) {
      this.connection = null;
      if (Date.now() >= this.retryAt) this.retryLater();
      throw error;
    }
  }

  private take(answer: FrameAnswer): void {
    this.trouble.end(0);
    this.waiting.shift()?.resolve(responseOf(answer));
  }

  private ended(reason: string): void {
    this.connection = null;
    this.retryLater();
    for (const { reject } of this.waiting.splice(0)) reject(new Error(reason));
  }

  private retryLater(): void {
    this.retryAt = Date.now() + this.trouble.begin('', null);
  }
}

/** An answer to a frame as what a POST would have been answered. */
function responseOf(answer: FrameAnswer): PostResponse {
  if (answer.kind === 'ack') return { status: 200, body: answer.body, retryAfterMs: null };
  const { error, retryAfterMs } = answer;
  return { status: ERROR_STATUS[error.code], body: { error }, retryAfterMs };
}
