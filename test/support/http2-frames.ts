import { once } from 'node:events';
import { connect, type TLSSocket } from 'node:tls';

/** Types of frames (RFC 9113, 6). */
export const FRAME = {
  data: 0,
  headers: 1,
  reset: 3,
  settings: 4,
  ping: 6,
  goaway: 7,
  continuation: 9,
} as const;
const END_STREAM = 1;
const END_HEADERS = 4;

export interface Frame {
  type: number;
  stream: number;
  payload: Buffer;
}

/** A client of HTTP/2 that sends frames as they are: what no library would send. */
export interface FrameSender {
  readonly socket: TLSSocket;
  readonly received: readonly Frame[];
  /** Resolves when the connection is over, however it came to that. */
  readonly closed: Promise<void>;
  send(...frames: Buffer[]): void;
}

const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';

/** @param settings pairs of an identifier and its value, such as `[4, 0]` for a window of nothing */
export async function openFrames(url: string, settings: Array<[number, number]> = []): Promise<FrameSender> {
  const { hostname, port } = new URL(url);
  const socket = connect({
    host: hostname,
    port: Number(port),
    ALPNProtocols: ['h2'],
    rejectUnauthorized: false,
  });
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  await once(socket, 'secureConnect');
  // The other end may cut it off while we send.
  socket.on('error', () => socket.destroy());
  const received: Frame[] = [];
  let rest: Buffer = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 9 && rest.length >= 9 + rest.readUIntBE(0, 3)) {
      const end = 9 + rest.readUIntBE(0, 3);
      received.push({ type: rest[3], stream: rest.readUInt32BE(5), payload: rest.subarray(9, end) });
      rest = rest.subarray(end);
    }
  });
  socket.write(PREFACE);
  socket.write(frame(FRAME.settings, 0, 0, settingsOf(settings)));
  return {
    socket,
    received,
    closed,
    send(...frames) {
      if (!socket.destroyed) socket.write(Buffer.concat(frames));
    },
  };
}

function settingsOf(settings: Array<[number, number]>): Buffer {
  const payload = Buffer.alloc(settings.length * 6);
  settings.forEach(([id, value], i) => {
    payload.writeUInt16BE(id, i * 6);
    payload.writeUInt32BE(value, i * 6 + 2);
  });
  return payload;
}

export function frame(
  type: number,
  flags: number,
  stream: number,
  payload: Buffer = Buffer.alloc(0),
): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** A request without a body. */
export function headersFrame(stream: number, fields: Array<[string, string]>): Buffer {
  return frame(FRAME.headers, END_STREAM | END_HEADERS, stream, fieldBlock(fields));
}

export function resetFrame(stream: number): Buffer {
  const CANCEL = 8;
  return frame(FRAME.reset, 0, stream, Buffer.from([0, 0, 0, CANCEL]));
}

/** HPACK: each as a literal that is not indexed, without Huffman (RFC 7541, 6.2.2). */
export function fieldBlock(fields: Array<[string, string]>): Buffer {
  return Buffer.concat(fields.flatMap(([name, value]) => [Buffer.from([0]), literal(name), literal(value)]));
}

function literal(text: string): Buffer {
  const bytes = Buffer.from(text);
  const MOST = 127;
  if (bytes.length < MOST) return Buffer.concat([Buffer.from([bytes.length]), bytes]);
  const length = [MOST];
  let left = bytes.length - MOST;
  for (; left >= 128; left >>= 7) length.push((left & 127) | 128);
  return Buffer.concat([Buffer.from([...length, left]), bytes]);
}
