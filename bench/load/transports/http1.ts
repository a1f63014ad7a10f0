import { openSocket, wireOf } from './socket';
import { readAnswer, type Target, type Transport, type WireEvents } from './transport';

const HEAD_END = '\r\n\r\n';

/** A POST on a connection that stays open; the next one when its answer is there. */
export const http1: Transport = {
  atATime: 1,
  frame(body, { path, contentType }) {
    const head = `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: ${contentType}\r\ncontent-length: ${body.length}${HEAD_END}`;
    return { before: Buffer.from(head) };
  },
  connect: connectHttp1,
};

/** The same with a body whose length is not said before: what streams line after line. */
export const http1Chunked: Transport = {
  ...http1,
  frame(body, { path, contentType }) {
    const head = `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: ${contentType}\r\ntransfer-encoding: chunked${HEAD_END}`;
    return {
      before: Buffer.from(`${head}${body.length.toString(16)}\r\n`),
      after: Buffer.from('\r\n0\r\n\r\n'),
    };
  },
};

async function connectHttp1({ port }: Target, events: WireEvents) {
  const read = createReader(events);
  return wireOf(await openSocket(port, events, (bytes) => read(bytes.toString('latin1'))));
}

/** Reads answers, which have a length or are 204. */
function createReader(events: WireEvents): (text: string) => void {
  let received = '';
  return (text) => {
    received += text;
    for (;;) {
      const headEnd = received.indexOf(HEAD_END);
      if (headEnd === -1) return;
      const status = received.slice(9, 12);
      const bodyStart = headEnd + HEAD_END.length;
      const bodyEnd = bodyStart + (status === '204' ? 0 : lengthIn(received.slice(0, headEnd)));
      if (Number.isNaN(bodyEnd)) return events.fail(`an answer without a length: ${status}`);
      if (received.length < bodyEnd) return;
      const body = received.slice(bodyStart, bodyEnd);
      received = received.slice(bodyEnd);
      events.answer(readAnswer(status, body));
    }
  };
}

function lengthIn(head: string): number {
  const name = /content-length: *(\d+)/i.exec(head);
  return name ? Number(name[1]) : Number.NaN;
}
