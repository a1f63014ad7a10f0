import { log } from '../observe/log';
import { within } from '../runtime/within';
import type { Root } from '../system/root';
import { FINISH_MS } from './shutdown';

/** Takes samples in another way than over our port, such as a socket of its own for TCP or UDP. */
export interface Listener {
  /** For the log. */
  readonly name: string;
  /**
   * Begins to listen, once the system is ready. `openIngestSession` decides who may send, and how often.
   *
   * @returns the off-switch, which resolves when nothing more is taken
   * @throws Error with a sentence for people when it cannot listen; the server then does not start
   */
  start(root: Root): Promise<() => Promise<void>>;
}

/** Every listener beside our port: a new one is a file beside this one and a line here. */
export const LISTENERS: readonly Listener[] = [];

/** Starts them one after the other; when one cannot, none is left running. Returns the off-switch of all. */
export async function startListeners(root: Root, listeners = LISTENERS): Promise<() => Promise<void>> {
  const offSwitches: Array<() => Promise<void>> = [];
  const stopAll = async () => {
    await Promise.all(offSwitches.splice(0).map((stop) => stop()));
  };
  try {
    for (const listener of listeners) {
      const stop = await listener.start(root);
      offSwitches.push(() => stopInTime(listener.name, stop));
    }
  } catch (error) {
    await stopAll();
    throw error;
  }
  return stopAll;
}

/** A listener that does not stop must not prevent the commit of samples that were taken. */
async function stopInTime(name: string, stop: () => Promise<void>): Promise<void> {
  try {
    await within(stop(), FINISH_MS, () => new Error(`not stopped within ${FINISH_MS} ms`));
  } catch (error) {
    log().error({ err: error, listener: name }, 'a listener did not stop in order');
  }
}
