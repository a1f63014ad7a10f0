import { expect, test, vi } from 'vitest';
import type { SampleColumns } from '../../model/samples';
import { describeBus } from './bus.case.test';
import { createMemoryBus, MemoryNetwork } from './memory';

describeBus('memory', async () => {
  const network = new MemoryNetwork();
  return {
    connect: () => network.connect(),
    cut: () => network.cut(),
    heal: () => network.heal(),
    mute: () => network.mute(),
    unmute: () => network.unmute(),
    close: async () => {},
  };
});

test('the bus of a single node calls every listener at once, and always hears', async () => {
  const bus = createMemoryBus();
  const samples: SampleColumns = { series: [], timestamps: [], values: [] };
  const listener = vi.fn();
  const stop = bus.subscribe(listener);
  bus.publish(samples);
  bus.deliver(samples);
  expect(listener.mock.calls).toEqual([[samples], [samples]]);
  stop();
  bus.publish(samples);
  expect(listener).toHaveBeenCalledTimes(2);
  const watcher = { hears: vi.fn(), deaf: vi.fn() };
  bus.watch({ id: 1, name: 'm', type: 'gauge', unit: '', series: [], labelNames: new Set() }, watcher)();
  expect(watcher.hears).toHaveBeenCalledOnce();
  await bus.close();
});
