/** As much of HTTP/2 (RFC 9113) as a sender needs: frames that are written once, and a reader for the server's. */
export const FRAME = { data: 0, headers: 1, reset: 3, settings: 4, ping: 6, goAway: 7, window: 8 } as const;
export const FLAG = { ack: 1, endStream: 1, endHeaders: 4, padded: 8, priority: 32 } as const;
export const HEAD_BYTES = 9;
/** Where a frame says whose stream it belongs to. */
export const STREAM_AT = 5;
export const FIRST_WINDOW = 65_535;
const LARGEST_WINDOW = 2 ** 31 - 1;
const SETTING = { tableSize: 1, push: 2, initialWindow: 4 } as const;

export interface Frame {
  type: number;
  flags: number;
  stream: number;
  payload: Buffer;
}

export function frameHead(type: number, flags: number, stream: number, length: number): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUIntBE(length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, STREAM_AT);
  return head;
}

export function frame(type: number, flags: number, stream: number, payload: Buffer): Buffer {
  return Buffer.concat([frameHead(type, flags, stream, payload.length), payload]);
}

/**
 * The beginning of a connection: no compression by reference, so that bytes of a header say what it is, and windows that
 * answers never fill.
 */
export function preface(): Buffer {
  const settings = Buffer.alloc(18);
  [
    [SETTING.tableSize, 0],
    [SETTING.push, 0],
    [SETTING.initialWindow, LARGEST_WINDOW],
  ].forEach(([name, value], i) => {
    settings.writeUInt16BE(name, 6 * i);
    settings.writeUInt32BE(value, 6 * i + 2);
  });
  const window = Buffer.alloc(4);
  window.writeUInt32BE(LARGEST_WINDOW - FIRST_WINDOW);
  return Buffer.concat([
    Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
    frame(FRAME.settings, 0, 0, settings),
    frame(FRAME.window, 0, 0, window),
  ]);
}

/** The head of a POST, in HPACK's static table and literals (RFC 7541). @param length of the body; null: it streams */
export function postHead(path: string, contentType: string, length: number | null): Buffer {
  const literal = (name: number[], value: string) => [...name, value.length, ...Buffer.from(value)];
  return Buffer.from([
    0x83, // :method POST
    0x87, // :scheme https
    ...literal([0x04], path),
    ...literal([0x01], '127.0.0.1'),
    ...literal([0x0f, 0x10], contentType),
    ...(length === null ? [] : literal([0x0f, 0x0d], String(length))),
  ]);
}

const STATUSES = ['200', '204', '206', '304', '400', '404', '500'];
const FIRST_STATUS = 0x88;

/** The status of an answer, whose first header it is. */
export function statusOf({ flags, payload }: Frame): string {
  let at = (flags & FLAG.padded ? 1 : 0) + (flags & FLAG.priority ? 5 : 0);
  // A new size of the table may come before.
  while ((payload[at] & 0xe0) === 0x20) at++;
  return STATUSES[payload[at] - FIRST_STATUS] ?? 'a rarer status';
}

/** What the server sets the first window of each stream to; null when it says nothing about it. */
export function initialWindowIn(settings: Buffer): number | null {
  for (let at = 0; at + 6 <= settings.length; at += 6)
    if (settings.readUInt16BE(at) === SETTING.initialWindow) return settings.readUInt32BE(at + 2);
  return null;
}

/** @returns a reader of bytes as they come, whose frames are good until `onFrame` returns */
export function createFrameReader(onFrame: (frame: Frame) => void): (bytes: Buffer) => void {
  let received: Buffer = Buffer.alloc(0);
  return (bytes) => {
    const all = received.length > 0 ? Buffer.concat([received, bytes]) : bytes;
    let at = 0;
    while (all.length - at >= HEAD_BYTES) {
      const end = at + HEAD_BYTES + all.readUIntBE(at, 3);
      if (end > all.length) break;
      const stream = all.readUInt32BE(at + STREAM_AT) & 0x7fffffff;
      const payload = all.subarray(at + HEAD_BYTES, end);
      onFrame({ type: all[at + 3], flags: all[at + 4], stream, payload });
      at = end;
    }
    received = Buffer.from(all.subarray(at));
  };
}
