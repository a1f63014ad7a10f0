import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { until } from '@/test/support/processes';
import { createKeptAnswer, type KeptAnswer } from './kept-answer';

interface Answer {
  path: string;
  count: number;
}

let server: Server;
let origin: string;
let asked: string[] = [];
let failing: number | false = false;
let delayMs = 0;
let kept: KeptAnswer<Answer> | undefined;

beforeEach(async () => {
  asked = [];
  failing = false;
  delayMs = 0;
  server = createServer((request, response) => {
    asked.push(request.url ?? '');
    const count = asked.length;
    setTimeout(() => {
      response.writeHead(failing || 200, { 'content-type': 'application/json' });
      response.end(
        JSON.stringify(
          failing ? { error: { message: 'The server is starting.' } } : { path: request.url, count },
        ),
      );
    }, delayMs);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  kept?.stop();
  server.close();
  server.closeAllConnections();
});

function open(options: Partial<Parameters<typeof createKeptAnswer<Answer>>[0]> = {}): KeptAnswer<Answer> {
  kept = createKeptAnswer<Answer>({
    url: `${origin}/a`,
    initial: { path: '/a', count: 0 },
    everyMs: 20,
    fetch,
    random: () => 0.5,
    ...options,
  });
  return kept;
}

const soon = <T>(read: () => T, expected: T) => until(() => expect(read()).toEqual(expected));

describe('a kept answer', () => {
  test('asks at once where the page came with a beginning only', async () => {
    const { getSnapshot, refresh } = open({ isInitialWhole: false, everyMs: 3_600_000 });
    refresh();
    await soon(() => getSnapshot().answer, { path: '/a', count: 1 });
  });

  test('starts with what the page came with, and asks when there is news', async () => {
    const { getSnapshot, refresh, stop } = open();
    expect(getSnapshot()).toEqual({
      answer: { path: '/a', count: 0 },
      pending: false,
      problem: null,
      receivedAt: null,
    });
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(asked).toEqual([]);
    refresh();
    await soon(() => getSnapshot().answer.count, 1);
    refresh();
    await soon(() => getSnapshot().answer.count, 2);
    stop();
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(asked).toHaveLength(2);
  });

  test('asks once for much news, and once more for what came meanwhile', async () => {
    delayMs = 50;
    const { getSnapshot, refresh } = open();
    refresh();
    await soon(() => asked.length, 1);
    for (let i = 0; i < 100; i++) refresh();
    await soon(() => getSnapshot().answer.count, 2);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(asked).toHaveLength(2);
  });

  test('asks no sooner than it should after it asked before', async () => {
    let time = 0;
    const { getSnapshot, refresh } = open({ everyMs: 3_600_000, now: () => time, random: () => 1 });
    refresh();
    await soon(() => getSnapshot().answer.count, 1);
    time = 1_000;
    refresh();
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(asked).toHaveLength(1);
  });

  test('asks for another address at once, and never shows an answer to the old one as the new', async () => {
    delayMs = 50;
    const { getSnapshot, refresh, setUrl } = open();
    refresh();
    await soon(() => asked.length, 1);
    setUrl(`${origin}/b`);
    expect(getSnapshot().pending).toBe(true);
    await soon(() => getSnapshot().pending, false);
    expect(getSnapshot().answer.path).toBe('/b');
  });

  test('says what is wrong, keeps what it has, and recovers by itself', async () => {
    const { getSnapshot, refresh } = open();
    failing = 503;
    refresh();
    await soon(() => getSnapshot().problem, 'The server is starting.');
    expect(getSnapshot().answer.count).toBe(0);
    failing = false;
    await soon(() => getSnapshot().problem, null);
    expect(getSnapshot().answer.count).toBeGreaterThan(0);
  });

  test('reports when the session has ended', async () => {
    const onSignedOut = vi.fn();
    failing = 401;
    open({ onSignedOut }).refresh();
    await soon(() => onSignedOut.mock.calls.length > 0, true);
  });

  test('says so when nobody answers', async () => {
    const { getSnapshot, refresh } = open({ url: 'http://127.0.0.1:1/nobody' });
    refresh();
    await soon(() => getSnapshot().problem, 'The server cannot be reached.');
  });

  test('can ask for what is new only, and joins it to what it has', async () => {
    const { getSnapshot, refresh } = open({
      nextUrl: (url, last) => `${url}?since=${last.count}`,
      merge: (last, next) => ({ ...next, count: last.count + 100 }),
    });
    refresh();
    await soon(() => getSnapshot().answer.count, 100);
    refresh();
    await soon(() => getSnapshot().answer.count, 200);
    expect(asked.slice(0, 2)).toEqual(['/a?since=0', '/a?since=100']);
  });

  test('an answer that comes after nobody looks any more changes nothing', async () => {
    delayMs = 40;
    const { getSnapshot, refresh, stop } = open();
    refresh();
    await soon(() => asked.length, 1);
    stop();
    await new Promise((resolve) => setTimeout(resolve, 80));
    expect(getSnapshot()).toMatchObject({ answer: { count: 0 }, problem: null });
  });
});
