import { failureReason } from '../../lib/agent/post';
import type { TransportName } from '../../lib/agent/transports';
import { SECOND } from '../../lib/model/time/duration';
import type { SimulatedServer } from './fleet';
import type { Tally } from './tally';
import { FLEET_TRANSPORTS } from './transports';

/** Slices of an interval in which servers speak: fine enough to be smooth, coarse enough for timers. */
const SLICE_MS = 10;

export interface LiveOptions {
  fleet: readonly SimulatedServer[];
  url: string;
  key?: string;
  transport: TransportName;
  intervalMs: number;
  /** When to end by itself, epoch ms; Infinity: never. */
  until: number;
  tally: Tally;
}

/**
 * Lets the fleet post in real time, each server at its own moment of the interval. Resolves when `until` is reached or
 * `signal` aborts.
 */
export async function runLive(options: LiveOptions, signal: AbortSignal): Promise<void> {
  const { fleet, url, key, intervalMs, until, tally } = options;
  const transport = FLEET_TRANSPORTS[options.transport]({ url, key, servers: fleet.length });
  const byPhase = [...fleet].sort((a, b) => a.phaseMs(intervalMs) - b.phaseMs(intervalMs));
  const underWay = new Set<Promise<void>>();

  async function send(server: SimulatedServer, t: number): Promise<void> {
    const batch = server.report(t);
    if (!batch) {
      tally.away++;
      return;
    }
    const startedAt = performance.now();
    try {
      const answer = await transport.send(batch);
      tally.answered(answer, batch.samples.length, performance.now() - startedAt);
    } catch (error) {
      tally.failed(failureReason(error));
    }
  }

  let round = Math.ceil(Date.now() / intervalMs) * intervalMs;
  let next = 0;
  while (!signal.aborted && (Date.now() < until || tally.rounds === 0)) {
    const now = Date.now();
    while (next < byPhase.length && round + byPhase[next].phaseMs(intervalMs) <= now) {
      const server = byPhase[next++];
      // A server that does not answer within a round is not given another post to wait for.
      if (underWay.size > 2 * fleet.length) tally.failed('not sent: too many posts unanswered');
      else {
        const sending = send(server, round + server.phaseMs(intervalMs)).finally(() =>
          underWay.delete(sending),
        );
        underWay.add(sending);
      }
    }
    if (next === byPhase.length) {
      next = 0;
      round = Math.max(round + intervalMs, Math.floor(now / intervalMs) * intervalMs);
      tally.rounds++;
    }
    await pause(SLICE_MS, signal);
  }
  // What was sent is counted when it is answered; whoever ends it by hand does not wait long for that.
  await Promise.race([Promise.all(underWay), aborted(signal).then(() => pause(2 * SECOND))]);
  transport.close();
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve());
  });
}

function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    function done() {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    }
    signal?.addEventListener('abort', done);
  });
}
