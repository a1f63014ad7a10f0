import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { parseEnv } from '@/lib/env';
import { findPlace } from '@/lib/store/embedded/folder';
import { openStore } from '@/lib/store/open';
import { dataDir, killTree, postmasterPid } from '../support/embedded';
import { type ServerProcess, startServer } from '../support/server-process';
import { clientOf } from './client';

/** `KILL_ROUNDS=20` for more of them. */
const ROUNDS = Number(process.env.KILL_ROUNDS ?? 3);
const SENDERS = 16;
const METRIC = 'killed';
const FIRST_TIMESTAMP = Date.now() - 3_600_000;

test(`every acknowledged sample is there, once, after ${ROUNDS} times kill -9 of server and database under load`, {
  timeout: 120_000 + ROUNDS * 60_000,
}, async () => {
  const dir = dataDir('pulseboard-killed');
  const acknowledged = new Set<number>();
  let next = 0;

  /** Posts ten samples after the other until the server does not answer. */
  const sender = async (server: ServerProcess) => {
    for (;;) {
      const numbers = Array.from({ length: 10 }, () => next++);
      const samples = numbers.map((value) => ({ name: METRIC, value, timestamp: FIRST_TIMESTAMP + value }));
      const answer = await clientOf(server.url)
        .post(samples)
        .catch(() => null);
      if (answer?.status === 200) for (const number of numbers) acknowledged.add(number);
      else if (!answer) return;
    }
  };

  try {
    for (let round = 0; round < ROUNDS; round++) {
      const server = await startServer('server.ts', { DATA_DIR: dir.path });
      const { folder } = await findPlace(dir.path);
      const senders = Promise.all(Array.from({ length: SENDERS }, () => sender(server)));
      await sleep(500 + ((round * 271) % 900));
      const strikes = [() => server.signal('SIGKILL'), () => killTree(postmasterPid(folder))];
      for (const strike of round % 2 ? strikes : strikes.toReversed()) strike();
      await senders;
      await server.exited;
    }
    // Once more by the server itself, which takes over what the last kill left.
    const survivor = await startServer('server.ts', { DATA_DIR: dir.path });
    await clientOf(survivor.url).accepted({ name: METRIC, value: -1, timestamp: FIRST_TIMESTAMP - 1 });
    expect(await survivor.stop()).toBe(0);

    const stored = await storedValues(dir.path);
    const kept = new Set(stored);
    expect(kept.size).toBe(stored.length);
    expect([...acknowledged].filter((number) => !kept.has(number))).toEqual([]);
    expect([...kept].filter((number) => number >= next)).toEqual([]);
    expect(acknowledged.size).toBeGreaterThan(ROUNDS * 100);
  } finally {
    await dir.remove();
  }
});

async function storedValues(path: string): Promise<number[]> {
  const { store, close } = await openStore(parseEnv({ DATA_DIR: path }), () => {});
  try {
    const stored: number[] = [];
    for await (const { values } of store.samples.readSamples({ start: 0, end: Number.MAX_SAFE_INTEGER }))
      for (const value of values) stored.push(value);
    return stored;
  } finally {
    await close();
  }
}
