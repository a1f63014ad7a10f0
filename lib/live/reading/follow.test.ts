import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectSameGroups } from '@/test/support/expect-points';
import { Fold } from '@/test/support/live-reader';
import { startTestNode, type TestNode } from '@/test/support/node';
import { newWork } from '@/test/support/scheduler';
import type { GroupPoints } from '../../model/points';
import { MINUTE } from '../../model/time/duration';
import { parseQuery } from '../../read/query/query-params';
import { follow } from './follow';
import type { Upserts } from './live-group';

/** Follows a question as a rule for alerts would: values in, and nobody who looks. */
describe('following a question without a stream', () => {
  let server: Awaited<ReturnType<typeof startTestNode>>;
  let node: TestNode;
  beforeAll(async () => {
    server = await startTestNode();
    node = await server.start();
  });
  afterAll(async () => {
    await node.stop();
    await server.close();
  });

  const question = { metric: 'alert_load', by: 'host', aggregate: 'max', step: '1m', start: 'now-3h' };
  const write = (host: string, value: number, agoMs = 0) =>
    node.write({
      name: question.metric,
      labels: { host },
      timestamp: server.clock.now() - agoMs,
      value,
    });

  async function settle(): Promise<void> {
    for (let i = 0; i < 5; i++) {
      await server.clock.advance(1_000);
      await server.idle();
    }
  }

  it('gives the points that history answers, as values, until it is switched off', async () => {
    await write('a', 1, 90 * MINUTE);
    const fold = new Fold(null);
    const calls: Upserts[] = [];
    const resets: string[] = [];
    const stop = await follow(
      node.live,
      node.live.queries.read(new URLSearchParams(question).toString()),
      {
        tickMs: 1_000,
        upserts(upserts) {
          calls.push(upserts);
          fold.upsert(upserts as GroupPoints[], Number.NEGATIVE_INFINITY);
        },
        reset: (reason) => resets.push(reason),
      },
      newWork(),
    );
    expect(node.live.figures).toMatchObject({ streams: 0, queries: 1 });
    const before = await node.history.answer(parseQuery(question));
    fold.replace(before.series);

    await write('a', 7);
    await write('b', 9);
    // Beyond what memory holds: read from the database.
    await write('a', 5, 90 * MINUTE - 1);
    await settle();

    expect(resets).toEqual([]);
    expect(calls.flat()).toContainEqual({ labels: { host: 'b' }, points: [[expect.any(Number), 9]] });
    const { series, start, end } = await node.history.answer(parseQuery(question));
    expect(series).toHaveLength(2);
    expectSameGroups(fold.within(start, end), series);

    const received = calls.length;
    stop();
    stop();
    expect(node.live.figures.queries).toBe(0);
    await write('b', 11);
    await settle();
    expect(calls).toHaveLength(received);
    expect(server.clock.pending).toBe(0);
  });

  it('has a beat of its own: what was before comes when it is due, though nothing is written', async () => {
    const at = server.clock.now() - (server.clock.now() % MINUTE);
    await write('late', 3, server.clock.now() - at);
    const delayed = { metric: question.metric, match: '{host="late"}', step: '1s', offset: '3s' };
    const points: unknown[] = [];
    const stop = await follow(
      node.live,
      node.live.queries.read(new URLSearchParams(delayed).toString()),
      {
        tickMs: 50,
        upserts: (upserts) => points.push(...upserts.flatMap((group) => group.points)),
        reset() {},
      },
      newWork(),
    );
    await server.clock.advance(100);
    await write('late', 4);
    const due = server.clock.now() + 3_000;
    expect(points).toEqual([]);
    await settle();
    expect(points).toEqual([[due - (due % 1_000), 4]]);
    stop();
    expect(server.clock.pending).toBe(0);
  });
});
