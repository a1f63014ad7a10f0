import { expect, test, vi } from 'vitest';
import type { SampleColumns } from '../../model/samples';
import { describeBus } from './bus.case.test';
import { createMemoryBus, MemoryNetwork } from './memory';

describeBus('memory', async () => {
  const network = new MemoryNetwork();
  return {
    connect: () => network.connect(),
    faults: network,
    close: async () => {},
  };
});

test('the bus of a single node calls every listener at once, and is always connected', async () => {
  const bus = createMemoryBus();
  const samples: SampleColumns = { series: [], timestamps: [], values: [] };
  const listener = vi.fn();
  const stop = bus.samples.subscribe(listener);
  bus.samples.publish(samples);
  bus.samples.publishLocally(samples);
  expect(listener.mock.calls).toEqual([[samples], [samples]]);
  stop();
  bus.samples.publish(samples);
  expect(listener).toHaveBeenCalledTimes(2);
  const watcher = { resync: vi.fn(), disconnected: vi.fn() };
  bus.watch({ id: 1, name: 'm', type: 'gauge', unit: '', series: [], labelNames: new Set() }, watcher)();
  expect(watcher.resync).toHaveBeenCalledOnce();
  await bus.close();
});
