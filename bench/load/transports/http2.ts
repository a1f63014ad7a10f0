import type { Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import {
  createFrameReader,
  FIRST_WINDOW,
  FLAG,
  FRAME,
  type Frame,
  frame,
  frameHead,
  HEAD_BYTES,
  initialWindowIn,
  postHead,
  preface,
  STREAM_AT,
  statusOf,
} from './http2-frames';
import { connectPlain } from './socket';
import { readAnswer, type Target, type Transport, type Wire, type WireEvents } from './transport';

/** A POST is a stream of its own; the next one when its answer is there. */
export const http2: Transport = {
  atATime: 1,
  isSecure: true,
  frame(body, { path, contentType }) {
    const head = frame(FRAME.headers, FLAG.endHeaders, 1, postHead(path, contentType, body.length));
    return { before: Buffer.concat([head, frameHead(FRAME.data, FLAG.endStream, 1, body.length)]) };
  },
  connect: ({ port }, events) => Posts.open(port, events),
};

/** An upload that does not end: a message is a piece of it, and so is every answer of the server's. */
export const http2Stream: Transport = {
  atATime: 64,
  isSecure: true,
  frame: (body) => ({ before: frameHead(FRAME.data, 0, 1, body.length) }),
  connect: (target, events) => Upload.open(target, events),
};

/** A connection over TLS: keeps to the server's windows, and answers what a peer must. */
abstract class Connection implements Wire {
  protected window = FIRST_WINDOW;
  protected streamWindow = FIRST_WINDOW;
  /** Messages that the server's window has no room for. */
  private readonly held: Buffer[] = [];

  protected constructor(
    private readonly plain: Socket,
    private readonly socket: TLSSocket,
    protected readonly events: WireEvents,
  ) {
    const read = createFrameReader((each) => this.take(each));
    socket.on('data', (bytes: Buffer) => read(bytes));
    socket.write(preface());
  }

  isBusy(): boolean {
    return this.socket.writableLength > 0;
  }

  write(message: Buffer): void {
    if (this.held.length > 0 || !this.hasRoom(message)) this.held.push(Buffer.from(message));
    else this.send(message);
  }

  traffic() {
    return { sent: this.plain.bytesWritten, received: this.plain.bytesRead };
  }

  close(): void {
    this.socket.destroy();
    this.plain.destroy();
  }

  protected put(bytes: Buffer): void {
    this.socket.write(bytes);
  }

  protected abstract dataBytes(message: Buffer): number;
  protected abstract send(message: Buffer): void;
  protected abstract takeAnswer(answer: Frame): void;

  private hasRoom(message: Buffer): boolean {
    const bytes = this.dataBytes(message);
    return bytes <= this.window && bytes <= this.streamWindow;
  }

  private take(received: Frame): void {
    const { type, flags, stream, payload } = received;
    if (type === FRAME.headers || type === FRAME.data) this.takeAnswer(received);
    else if (type === FRAME.settings && !(flags & FLAG.ack)) this.takeSettings(payload);
    else if (type === FRAME.ping && !(flags & FLAG.ack))
      this.put(frame(FRAME.ping, FLAG.ack, 0, Buffer.from(payload)));
    else if (type === FRAME.window) this.widen(stream, payload.readUInt32BE(0));
    else if (type === FRAME.reset) this.events.fail(`reset ${payload.readUInt32BE(0)}`);
    else if (type === FRAME.goAway) this.events.fail(`go away ${payload.readUInt32BE(4)}`);
  }

  private takeSettings(settings: Buffer): void {
    const initial = initialWindowIn(settings);
    if (initial !== null) this.streamWindow += initial - FIRST_WINDOW;
    this.put(frame(FRAME.settings, FLAG.ack, 0, Buffer.alloc(0)));
  }

  private widen(stream: number, by: number): void {
    if (stream === 0) this.window += by;
    else this.widenStream(by);
    while (this.held.length > 0 && this.hasRoom(this.held[0])) this.send(this.held.shift() as Buffer);
  }

  protected widenStream(_by: number): void {}
}

/** Opens TLS on a connection whose bytes are counted as they are on the wire. */
async function openTls(port: number, events: WireEvents): Promise<[Socket, TLSSocket]> {
  const plain = await connectPlain(port, events);
  const socket = connectTls({ socket: plain, ALPNProtocols: ['h2'], rejectUnauthorized: false });
  await new Promise<void>((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject));
  socket.on('error', (error: NodeJS.ErrnoException) => events.fail(error.code ?? error.message));
  if (socket.alpnProtocol !== 'h2') throw new Error('the server does not speak HTTP/2');
  return [plain, socket];
}

class Posts extends Connection {
  private stream = 1;
  private status = '';
  private body = '';

  static async open(port: number, events: WireEvents): Promise<Wire> {
    return new Posts(...(await openTls(port, events)), events);
  }

  protected dataBytes(message: Buffer): number {
    return message.length - 2 * HEAD_BYTES - message.readUIntBE(0, 3);
  }

  protected send(message: Buffer): void {
    message.writeUInt32BE(this.stream, STREAM_AT);
    message.writeUInt32BE(this.stream, HEAD_BYTES + message.readUIntBE(0, 3) + STREAM_AT);
    this.stream += 2;
    this.window -= this.dataBytes(message);
    this.put(message);
  }

  protected takeAnswer(answer: Frame): void {
    if (answer.type === FRAME.headers) this.status = statusOf(answer);
    else this.body += answer.payload.toString('latin1');
    if (!(answer.flags & FLAG.endStream)) return;
    const { status, body } = this;
    this.body = '';
    this.events.answer(readAnswer(status, body));
  }
}

class Upload extends Connection {
  private received = '';

  static async open({ port, path, contentType }: Target, events: WireEvents): Promise<Wire> {
    const upload = new Upload(...(await openTls(port, events)), events);
    upload.put(frame(FRAME.headers, FLAG.endHeaders, 1, postHead(path, contentType, null)));
    return upload;
  }

  protected dataBytes(message: Buffer): number {
    return message.length - HEAD_BYTES;
  }

  protected send(message: Buffer): void {
    this.window -= this.dataBytes(message);
    this.streamWindow -= this.dataBytes(message);
    this.put(message);
  }

  protected override widenStream(by: number): void {
    this.streamWindow += by;
  }

  protected takeAnswer(answer: Frame): void {
    if (answer.type === FRAME.headers) {
      if (statusOf(answer) !== '200') this.events.fail(`the upload was answered ${statusOf(answer)}`);
      return;
    }
    this.received += answer.payload.toString('latin1');
    for (let end = this.received.indexOf('\n'); end !== -1; end = this.received.indexOf('\n')) {
      const line = this.received.slice(0, end);
      this.received = this.received.slice(end + 1);
      this.events.answer(readAnswer('200', line));
    }
    if (answer.flags & FLAG.endStream) this.events.fail('the server ended the upload');
  }
}
