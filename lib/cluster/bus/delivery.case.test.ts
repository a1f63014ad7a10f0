import { expect, test } from 'vitest';
import { addSeries, type BusScene, columnsOf, PATIENT, watchMetric } from '../../../test/support/bus-scene';
import { until } from '../../../test/support/processes';

const T = 1_795_200_000_000;

/** Which samples reach whom. */
export function testDelivery(scene: () => BusScene): void {
  test('what one node publishes reaches it at once and the others that watch, once', async () => {
    const [a, b, c] = await scene().start(3);
    await watchMetric(b, 'odd');
    a.bus.samples.publish(columnsOf(a, [1, T, 1.5], [2, T, 2.5], [3, T + 1_000, 3.5]));
    expect(a.received).toEqual([
      [1, T, 1.5],
      [2, T, 2.5],
      [3, T + 1_000, 3.5],
    ]);
    await until(() =>
      expect(b.received).toEqual([
        [1, T, 1.5],
        [3, T + 1_000, 3.5],
      ]),
    );
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(a.received).toHaveLength(3);
    expect(b.received).toHaveLength(2);
    expect(c.received).toEqual([]);
    expect(b.inRing.flatMap(({ values }) => values)).toEqual([1.5, 3.5]);
    expect(a.inRing).toEqual([]);
  });

  test('a node that stops watching receives no more of the metric', async () => {
    const [a, b] = await scene().start(2);
    const odd = await watchMetric(b, 'odd');
    await watchMetric(b, 'even');
    odd.stop();
    odd.stop();
    a.bus.samples.publish(columnsOf(a, [1, T, 1], [2, T, 2]));
    await until(() => expect(b.received).toEqual([[2, T, 2]]));
  });

  test('many publications leave in few batches', async () => {
    const [a, b] = await scene().start(2, { batchMs: 100 });
    await watchMetric(b, 'odd');
    const before = b.bus.status.figures.messagesReceived;
    for (let i = 0; i < 500; i++) a.bus.samples.publish(columnsOf(a, [1, T + i, i]));
    await until(() => expect(b.received).toHaveLength(500));
    expect(b.received.map(([, , value]) => value)).toEqual(Array.from({ length: 500 }, (_, i) => i));
    expect(a.bus.status.figures.batchesSent).toBeLessThan(5);
    expect(b.bus.status.figures.messagesReceived - before).toBeLessThan(50);
  });

  test('a batch larger than one message arrives whole', async () => {
    const [a, b] = await scene().start(2, PATIENT);
    await watchMetric(b, 'odd');
    const many = Array.from({ length: 12_345 }, (_, i): [number, number, number] => [1, T + i, i / 7]);
    a.bus.samples.publish(columnsOf(a, ...many));
    await until(() => expect(b.received).toEqual(many));
    expect(b.bus.status.figures.gaps).toBe(0);
  });

  test('a series that this node does not know is read before its samples are delivered', async () => {
    const [a, b] = await scene().start(2);
    await watchMetric(b, 'odd');
    addSeries(a.registry, 5);
    a.bus.samples.publish(columnsOf(a, [5, T, 7]));
    await until(() => expect(b.received).toEqual([[5, T, 7]]));
    expect(b.learned).toBeGreaterThan(0);
  });
}
