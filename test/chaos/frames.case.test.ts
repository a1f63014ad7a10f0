import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Backlog } from '@/lib/agent/backlog';
import { frameUrl } from '@/lib/agent/frame-connection';
import { FrameSender } from '@/lib/agent/frame-sender';
import type { Engine } from '@/lib/store/store';
import { FrameClient } from '../support/frame-client';
import { type KillablePostgres, startKillablePostgres } from '../support/killable-postgres';
import { lockSamples } from '../support/lock-samples';
import { until } from '../support/processes';
import { figureOf, rest } from '../support/scene';
import { type ServerProcess, startBareNode } from '../support/server-process';
import { storedSamples } from '../support/stored-samples';
import { startTcpProxy } from '../support/tcp-proxy';

/** What the contract promises, and a second for a machine that is busy with tests. */
const ANSWER_MS = 6_000;

/** Senders over WebSocket, nodes that die, and a database that hangs: all that is acknowledged is there, once. */
export function framesChaos(engine: Engine): void {
  let database: KillablePostgres;
  let folder: string;
  let nodes: ServerProcess[];

  const startNode = (env: Record<string, string> = {}) =>
    startBareNode({ DATABASE_URL: database.url, STORE_ENGINE: engine, RING_MINUTES: '2', ...env });

  beforeAll(async () => {
    database = await startKillablePostgres(engine);
    folder = mkdtempSync(join(tmpdir(), 'pulseboard-frames-'));
    nodes = [await startNode(), await startNode({ SPOOL_DIR: join(folder, 'spool') })];
  });

  afterAll(async () => {
    await database?.resume();
    await Promise.all(nodes?.map((node) => node.stop()) ?? []);
    await database?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const values = async (metric: string) =>
    (await storedSamples(database.url, metric)).map(({ value }) => value);
  const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);
  const start = Date.now() - 60_000;
  const frame = (metric: string, seq: number) => ({
    seq,
    name: metric,
    value: seq,
    timestamp: start + seq,
  });

  test('a frame that the database holds up is refused in time, and is there once when it was sent again', {
    timeout: 60_000,
  }, async () => {
    const client = await FrameClient.open(nodes[0].url);
    await client.ask(frame('doubt', 0));
    const unlock = await lockSamples(database.url);
    for (const seq of [1, 2]) client.send(frame('doubt', seq));
    await client.answered(3, ANSWER_MS);
    expect(client.answers.slice(1)).toMatchObject(
      [1, 2].map((nack) => ({
        nack,
        error: { code: 'database_unavailable' },
        retryAfterMs: expect.any(Number),
      })),
    );
    await unlock();
    // What was in doubt is committed by now, or about to be.
    await until(async () => expect((await values('doubt')).length).toBeGreaterThanOrEqual(2));
    for (const seq of [1, 2]) {
      await until(async () =>
        expect(await client.ask(frame('doubt', seq))).toMatchObject({ ack: seq, accepted: 1 }),
      );
    }
    expect(await values('doubt')).toEqual([0, 1, 2]);
    await client.close();
  });

  test('all processes of the database stop: refused in order and in time, or taken by the spool', {
    timeout: 120_000,
  }, async () => {
    const [plain, spooled] = await Promise.all(nodes.map(({ url }) => FrameClient.open(url)));
    await plain.ask(frame('plain', 0));
    await spooled.ask(frame('spooled', 0));
    await database.pause();
    const asked = performance.now();
    // More than are begun at a time, and one of a series that the database has to be asked for.
    const count = 400;
    for (let seq = 1; seq < count; seq++) plain.send(frame('plain', seq));
    plain.send({ ...frame('fresh', count), samples: undefined });
    for (let seq = 1; seq < 20; seq++) spooled.send(frame('spooled', seq));
    await plain.answered(count + 1, ANSWER_MS);
    await spooled.answered(20, ANSWER_MS);
    expect(performance.now() - asked).toBeLessThan(ANSWER_MS);
    expect(plain.answers.slice(1)).toMatchObject(
      upTo(count).map((i) => ({ nack: i + 1, error: { code: 'database_unavailable' } })),
    );
    for (const { retryAfterMs } of plain.answers.slice(1)) expect(retryAfterMs).toBeGreaterThan(0);
    expect(spooled.answers.map(({ ack }) => ack)).toEqual(upTo(20));

    await database.resume();
    const [node, keeper] = nodes;
    await until(
      async () => expect(await plain.ask(frame('plain', count))).toMatchObject({ ack: count }),
      60_000,
      200,
    );
    const answered = plain.answers.length;
    for (let seq = 0; seq < count; seq++) plain.send(frame('plain', seq));
    await plain.answered(answered + count);
    expect(plain.answers.slice(answered).map(({ ack }) => ack)).toEqual(upTo(count));
    await until(async () => expect(await figureOf(keeper.url, 'pulseboard_spool_bytes')).toBe(0), 60_000);
    expect(await values('plain')).toEqual(upTo(count + 1));
    expect(await values('spooled')).toEqual(upTo(20));
    expect(await values('fresh')).toEqual([]);
    for (const { output } of [node, keeper])
      expect(output()).not.toMatch(/unhandledRejection|uncaughtException/);
    await Promise.all([plain.close(), spooled.close()]);
  });

  test('kill -9 of the node under load, again and again: its sender goes to the other one, nothing is lost or doubled', {
    timeout: 240_000,
  }, async () => {
    const wire = await startTcpProxy(Number(new URL(nodes[0].url).port));
    const backlog = new Backlog(2 ** 30);
    const said: string[] = [];
    const url = frameUrl(new URL(`http://127.0.0.1:${wire.port}`));
    const sender = new FrameSender({ backlog, url, say: (message) => said.push(message) });
    const load = setInterval(() => {
      for (let i = 0; i < 20; i++) {
        const { next } = backlog;
        const samples = upTo(10).map((k) => frame('moved', next * 10 + k));
        backlog.add(gzipSync(JSON.stringify({ seq: next, samples })));
      }
      sender.wake();
    }, 20);
    try {
      for (let round = 0; round < 4; round++) {
        const acknowledged = backlog.first;
        await until(() => expect(backlog.first).toBeGreaterThan(acknowledged + 100));
        const [victim, other] = round % 2 ? nodes.toReversed() : nodes;
        wire.turnTo(Number(new URL(other.url).port));
        victim.signal('SIGKILL');
        await victim.exited;
        const env: Record<string, string> = victim === nodes[1] ? { SPOOL_DIR: join(folder, 'spool') } : {};
        nodes[nodes.indexOf(victim)] = await startNode(env);
        await rest(200);
      }
    } finally {
      clearInterval(load);
    }
    await sender.idle();
    expect(backlog.length).toBe(0);
    const stored = (await values('moved')).toSorted((a, b) => a - b);
    expect(stored.length).toBe(backlog.next * 10);
    expect(stored).toEqual(upTo(backlog.next * 10));
    expect(said.filter((message) => message.startsWith('The server is back')).length).toBeGreaterThanOrEqual(
      4,
    );
    expect(said.filter((message) => message.startsWith('Lost'))).toEqual([]);
    sender.close();
    await wire.close();
  });
}
