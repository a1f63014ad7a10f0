import { setTimeout as sleep } from 'node:timers/promises';
import { expect, inject, test } from 'vitest';
import { createTestDatabase } from '../support/postgres';
import { type ServerProcess, startBareNode } from '../support/server-process';
import { eventsClient } from './client';

const ROUNDS = Number(process.env.KILL_ROUNDS ?? 2);
const SENDERS = 12;

test.each([
  ['postgres', 'postgresUrl'],
  ...(inject('timescaleUrl') ? [['timescale', 'timescaleUrl'] as const] : []),
] as const)(
  `%s: kill -9 in the middle of a load loses no acknowledged event and none of its metrics, and senders that send again count once`,
  async (engine, url) => {
    const database = await createTestDatabase(inject(url));
    const acknowledged = new Set<number>();
    /** Bodies without an answer are sent again, as they were. */
    const unanswered: Array<{ key: string; numbers: number[] }> = [];
    let next = 0;
    const timestamp = Date.now() - 60_000;
    const bodyOf = (numbers: number[]) =>
      // Few seconds and one endpoint: most events share their millisecond with others.
      numbers.map((n) => ({
        timestamp: timestamp + (n % 2_000),
        service: 'killed',
        endpoint: '/',
        duration: n,
      }));

    const sender = async (node: ServerProcess) => {
      const client = eventsClient(node.url);
      for (;;) {
        const body = unanswered.pop() ?? {
          key: `body-${next}`,
          numbers: Array.from({ length: 10 }, () => next++),
        };
        const response = await client
          .post(bodyOf(body.numbers), { 'idempotency-key': body.key })
          .catch(() => null);
        if (response?.status === 200) for (const n of body.numbers) acknowledged.add(n);
        else unanswered.push(body);
        if (!response) return;
      }
    };

    try {
      for (let round = 0; round < ROUNDS; round++) {
        const node = await startBareNode({ DATABASE_URL: database.url, STORE_ENGINE: engine });
        const senders = Promise.all(Array.from({ length: SENDERS }, () => sender(node)));
        await sleep(300 + ((round * 271) % 500));
        node.signal('SIGKILL');
        await senders;
        await node.exited;
      }
      const survivor = await startBareNode({ DATABASE_URL: database.url, STORE_ENGINE: engine });
      const client = eventsClient(survivor.url);
      for (const { key, numbers } of unanswered.splice(0)) {
        await client.accepted(bodyOf(numbers), { 'idempotency-key': key });
        for (const n of numbers) acknowledged.add(n);
      }
      // By now every body was acknowledged: each number once, in the events and in the metrics.
      expect(acknowledged.size).toBe(next);
      expect(next).toBeGreaterThan(ROUNDS * 20);
      const sum = (next * (next - 1)) / 2;
      await client.untilFigures('response_time', { aggregate: 'count,sum,max', service: 'killed' }, [
        { labels: {}, values: [next, sum, next - 1] },
      ]);
      const seen: number[] = [];
      for (let before = '', more = true; more; ) {
        const page = await client.list({ service: 'killed', limit: '1000', before });
        seen.push(...page.events.map(({ duration }) => duration!));
        more = page.next !== null;
        before = page.next ?? '';
      }
      expect(seen.sort((a, b) => a - b)).toEqual(Array.from({ length: next }, (_, n) => n));
      await survivor.stop();
    } finally {
      await database.drop();
    }
  },
);
