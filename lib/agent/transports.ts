import { gzipSync } from 'node:zlib';
import type { Labels } from '../model/labels';
import type { Backlog } from './backlog';
import { frameUrl } from './frame-connection';
import { FrameSender } from './frame-sender';
import { createPoster, ingestUrl } from './post';
import type { Reading } from './reading';
import { type Sender, startSender } from './sender';

/** What was read at one time. */
export interface Tick {
  host: string;
  timestamp: number;
  labels: Labels;
  samples: Reading[];
}

/** A way to a server. */
export interface Transport {
  readonly sender: Sender;
  /** A tick as the backlog keeps it. */
  encode(tick: Tick): Buffer;
  /** Ends what is under way. */
  close(): void;
}

interface TransportOptions {
  url: string;
  key?: string;
  backlog: Backlog;
  say: (message: string) => void;
}

/** By its name for `--transport`. Each throws when the address is not valid. */
export const TRANSPORTS = { post: openPosts, ws: openFrames } as const satisfies Record<
  string,
  (options: TransportOptions) => Transport
>;
export type TransportName = keyof typeof TRANSPORTS;

/** Posts of NDJSON, a tick a line. */
function openPosts({ url, key, backlog, say }: TransportOptions): Transport {
  const poster = createPoster(ingestUrl(url), { key });
  const sender = startSender({ backlog, poster, say });
  return {
    sender,
    encode: (tick) => gzip(`${JSON.stringify(tick)}\n`),
    close() {
      sender.close();
      poster.close();
    },
  };
}

/** One WebSocket, a tick a frame. */
function openFrames({ url, key, backlog, say }: TransportOptions): Transport {
  const sender = new FrameSender({ backlog, url: frameUrl(ingestUrl(url)), key, say });
  return {
    sender,
    encode: (tick) => gzip(JSON.stringify({ seq: backlog.next, ...tick })),
    close: () => sender.close(),
  };
}

/** The lightest compression: it takes nine tenths away for a tenth of a millisecond. */
function gzip(text: string): Buffer {
  return gzipSync(text, { level: 1 });
}
