import { log } from '../observe/log';
import { within } from '../runtime/within';
import type { Root } from '../system/root';
import { brokerListeners } from './brokers/listeners';
import { graphiteListener } from './keyless/graphite';
import { statsdListener } from './keyless/statsd';
import type { Listener } from './listener';
import { FINISH_MS } from './shutdown';

/** Every listener beside our port: a new one is a file beside this one and a line here. */
export const LISTENERS: readonly Listener[] = [statsdListener, graphiteListener, ...brokerListeners];

/**
 * Starts them one after the other; when one cannot, none is left running.
 * @returns the off-switch of all; null where none listens
 */
export async function startListeners(
  root: Root,
  listeners = LISTENERS,
): Promise<(() => Promise<void>) | null> {
  const offSwitches: Array<() => Promise<void>> = [];
  const stopAll = async () => {
    await Promise.all(offSwitches.splice(0).map((stop) => stop()));
  };
  try {
    for (const listener of listeners) {
      const stop = await listener.start(root);
      if (stop) offSwitches.push(() => stopInTime(listener.name, stop));
    }
  } catch (error) {
    await stopAll();
    throw error;
  }
  return offSwitches.length > 0 ? stopAll : null;
}

/** A listener that does not stop must not prevent the commit of samples that were taken. */
async function stopInTime(name: string, stop: () => Promise<void>): Promise<void> {
  try {
    await within(stop(), FINISH_MS, () => new Error(`not stopped within ${FINISH_MS} ms`));
  } catch (error) {
    log().error({ err: error, listener: name }, 'a listener did not stop in order');
  }
}
