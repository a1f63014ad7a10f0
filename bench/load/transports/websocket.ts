import { randomBytes } from 'node:crypto';
import { openSocket, wireOf } from './socket';
import { numberAt, readAnswer, type Target, type Transport, type Wire, type WireEvents } from './transport';

const SWITCHED = 'HTTP/1.1 101';
const TEXT = 1;
const CLOSE = 8;
const PING = 9;
const PONG = 10;
const FINAL = 0x80;
const MASKED = 0x80;
const TWO_BYTES = 126;
const EIGHT_BYTES = 127;
/** An agent that has this many frames without an answer waits. */
const AT_A_TIME = 64;

/** Numbered text frames, acknowledged in order. */
export const websocket: Transport = {
  atATime: AT_A_TIME,
  // Masked with zeros: the server's work is the same, and digits can be changed in place.
  frame: (body) => ({ before: frameHead(TEXT, body.length) }),
  async connect({ port, path }: Target, events: WireEvents): Promise<Wire> {
    const reader = new FrameReader(events);
    const socket = await openSocket(port, events, (bytes) => reader.read(bytes));
    reader.pong = (payload) => socket.write(Buffer.concat([frameHead(PONG, payload.length), payload]));
    const key = randomBytes(16).toString('base64');
    socket.write(
      `GET ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: ${key}\r\n\r\n`,
    );
    await reader.opened;
    return wireOf(socket);
  },
};

function frameHead(kind: number, length: number): Buffer {
  const mask = [0, 0, 0, 0];
  if (length < TWO_BYTES) return Buffer.from([FINAL | kind, MASKED | length, ...mask]);
  if (length > 0xffff) throw new Error(`a frame of ${length} bytes is longer than any here should be`);
  return Buffer.from([FINAL | kind, MASKED | TWO_BYTES, length >> 8, length & 0xff, ...mask]);
}

/** The answer to the upgrade, then the server's frames, which are short and never in parts. */
class FrameReader {
  pong: (payload: Buffer) => void = () => {};
  readonly opened: Promise<void>;
  private open: () => void = () => {};
  private refuse: (error: Error) => void = () => {};
  private isOpen = false;
  private received: Buffer = Buffer.alloc(0);
  private lastSeq: number | null = null;

  constructor(private readonly events: WireEvents) {
    this.opened = new Promise((resolve, reject) => {
      this.open = resolve;
      this.refuse = reject;
    });
  }

  read(bytes: Buffer): void {
    let rest = this.received.length > 0 ? Buffer.concat([this.received, bytes]) : bytes;
    if (!this.isOpen) rest = this.readHead(rest);
    if (this.isOpen) rest = this.readFrames(rest);
    // Beyond this call the memory belongs to others.
    this.received = rest.length > 0 ? Buffer.from(rest) : rest;
  }

  private readHead(bytes: Buffer): Buffer {
    const end = bytes.indexOf('\r\n\r\n');
    if (end === -1) return bytes;
    const head = bytes.toString('latin1', 0, end);
    if (!head.startsWith(SWITCHED))
      this.refuse(new Error(`the upgrade was answered ${head.split('\r\n')[0]}`));
    else {
      this.isOpen = true;
      this.open();
    }
    return bytes.subarray(end + 4);
  }

  private readFrames(bytes: Buffer): Buffer {
    let at = 0;
    while (bytes.length - at >= 2) {
      const short = bytes[at + 1];
      const headBytes = short === TWO_BYTES ? 4 : short === EIGHT_BYTES ? 10 : 2;
      if (bytes.length - at < headBytes) break;
      const length =
        headBytes === 2 ? short : headBytes === 4 ? bytes.readUInt16BE(at + 2) : bytes.readUInt32BE(at + 6);
      const end = at + headBytes + length;
      if (end > bytes.length) break;
      this.take(bytes[at] & 0x0f, bytes.subarray(at + headBytes, end));
      at = end;
    }
    return bytes.subarray(at);
  }

  private take(kind: number, payload: Buffer): void {
    if (kind === TEXT) this.takeAnswer(payload.toString('latin1'));
    else if (kind === PING) this.pong(Buffer.from(payload));
    else if (kind === CLOSE)
      this.events.fail(`closed with ${payload.length >= 2 ? payload.readUInt16BE(0) : 'no code'}`);
  }

  private takeAnswer(text: string): void {
    const isRefused = !text.startsWith('{"ack":');
    const seq = numberAt(text, isRefused ? '"nack":' : '"ack":');
    if (this.lastSeq !== null && seq !== this.lastSeq + 1) {
      this.events.fail(`ack ${seq} came after ${this.lastSeq}`);
      return;
    }
    this.lastSeq = seq;
    this.events.answer(isRefused ? readAnswer(`nack ${codeIn(text)}`, '') : readAnswer('200', text));
  }
}

function codeIn(text: string): string {
  return /"code":"([^"]*)"/.exec(text)?.[1] ?? text.slice(0, 80);
}
