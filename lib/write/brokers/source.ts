import { setTimeout as sleep } from 'node:timers/promises';
import { backoffMs } from '../../cluster/bus/backoff';
import { SECOND } from '../../model/time/duration';
import type { BrokerFigures } from '../../observe/broker-figures';
import { log } from '../../observe/log';
import type { Broker, Take } from './message';

export interface SourceParts {
  take: Take;
  figures: BrokerFigures;
}

/** One connection to a broker after another: what it is about is the broker's, that there is one is the same for all. */
export interface BrokerSource {
  readonly name: Broker;
  /**
   * Connects, and pulls until `stop` is aborted: then resolves when nothing more is under way. `isUp` is called when
   * messages can come.
   *
   * @throws Error when the connection, or the broker, fails: it is then called again, after a pause
   */
  pull(stop: AbortSignal, isUp: () => void): Promise<void>;
}

const FIRST_PAUSE_MS = SECOND / 5;

/**
 * Pulls for as long as this server runs, however often the broker goes away.
 * @returns the off-switch, which resolves when nothing more is taken
 */
export function startSource(source: BrokerSource, figures: BrokerFigures): () => Promise<void> {
  const stop = new AbortController();
  const running = pullForEver(source, figures, stop.signal);
  return () => {
    stop.abort();
    return running;
  };
}

async function pullForEver(source: BrokerSource, figures: BrokerFigures, stop: AbortSignal): Promise<void> {
  const broker = source.name;
  let attempt = 0;
  let lastReason = '';
  const isUp = () => {
    if (!figures.isConnected) log().info({ broker }, 'messages are pulled');
    figures.isConnected = true;
    attempt = 0;
    lastReason = '';
  };
  while (!stop.aborted) {
    try {
      await source.pull(stop, isUp);
    } catch (error) {
      // A broker that stays away says the same every few seconds.
      const reason = (error as Error).message;
      if (reason !== lastReason && !stop.aborted)
        log().warn({ err: error, broker }, 'no messages are pulled for now');
      lastReason = reason;
    }
    figures.isConnected = false;
    await sleep(backoffMs(attempt++, FIRST_PAUSE_MS), undefined, { signal: stop }).catch(() => undefined);
  }
}
