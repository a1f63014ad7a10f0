import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { makeRoot } from '../system/root';
import { answerViewer } from './viewer';

const root = makeRoot();
const ends: Array<() => unknown> = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

/** A reader of a route whose answer has this body, and what sending it came to. */
async function ask(body: ReadableStream<Uint8Array>) {
  const route = {
    method: 'GET',
    path: /./,
    answer: async () => ({ status: 200, headers: {}, body }),
  } as const;
  let announce: (sending: unknown) => void;
  const sent = new Promise<unknown>((resolve) => {
    announce = resolve;
  });
  const server = createServer((request, response) => {
    const gone = new AbortController().signal;
    announce(answerViewer(root, route, request, response, gone).catch((error) => error));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ends.push(() => new Promise((resolve) => server.close(resolve).closeAllConnections()));
  const reader = connect((server.address() as AddressInfo).port, '127.0.0.1');
  reader.on('error', () => reader.destroy()).end('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
  return { reader, sent };
}

test('an answer that breaks off is an error of ours, and its reader sees that it is not whole', async () => {
  let pulls = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (pulls++ === 0) controller.enqueue(Buffer.from('a'));
      else controller.error(new Error('broken'));
    },
  });
  const { reader, sent } = await ask(body);
  let text = '';
  reader.on('data', (data) => (text += data));
  expect(await sent).toMatchObject({ message: 'broken' });
  await once(reader, 'close');
  // The end of a chunked body.
  expect(text).not.toContain('\r\n0\r\n');
});

test('a reader that leaves is none, and the rest is let go', async () => {
  let isLetGo = false;
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(Buffer.alloc(65_536)),
    cancel: () => {
      isLetGo = true;
    },
  });
  const { reader, sent } = await ask(body);
  await once(reader, 'data');
  reader.destroy();
  expect(await sent).toBeUndefined();
  expect(isLetGo).toBe(true);
});
