import { hostname } from 'node:os';
import type { Labels } from '../model/labels';
import { alignDown } from '../model/points';
import { SECOND } from '../model/time/duration';
import { Backlog } from './backlog';
import { createCollector, machineSources } from './collector';
import type { Source } from './reading';
import { TRANSPORTS, type TransportName } from './transports';

/** Some four hours of one machine at one second. */
const BACKLOG_BYTES = 16 * 2 ** 20;
const FINAL_POSTS_MS = 2 * SECOND;

export interface AgentOptions {
  /** The server's address, such as `http://127.0.0.1:3000`. */
  url: string;
  key?: string;
  /** Default: `post`. */
  transport?: TransportName;
  /** Time between two readings of the machine. Default 1 s. */
  intervalMs?: number;
  /** Default: this machine's name. */
  host?: string;
  labels?: Labels;
  sources?: Source[];
  backlogBytes?: number;
  /** Reports to a person: the server is unreachable, is back, refused something. */
  say?: (message: string) => void;
}

/**
 * Reads this machine on every full interval of the clock and sends what it read; keeps it while the server is away.
 * Throws when the address is not valid.
 */
export function startAgent(options: AgentOptions): { close(): Promise<void> } {
  const { url, key, intervalMs = SECOND, host = hostname(), labels = {}, say = console.error } = options;
  const backlog = new Backlog(options.backlogBytes ?? BACKLOG_BYTES);
  const transport = TRANSPORTS[options.transport ?? 'post']({ url, key, backlog, say });
  const collector = createCollector(options.sources ?? machineSources(), say);
  let wasFull = false;

  const stopTicks = onEveryTick(intervalMs, async (tick) => {
    const readings = await collector.collect(tick);
    if (readings.length === 0) return;
    backlog.add(transport.encode({ host, timestamp: tick, labels, samples: readings }));
    const isFull = backlog.takeDropped() > 0;
    if (isFull && !wasFull) say('The buffer is full: from now on the oldest samples are dropped.');
    wasFull = isFull;
    transport.sender.wake();
  });

  return {
    async close() {
      stopTicks();
      const deadline = setTimeout(() => transport.close(), FINAL_POSTS_MS);
      await transport.sender.idle();
      clearTimeout(deadline);
      transport.close();
    },
  };
}

/**
 * Calls `work` at every multiple of `intervalMs` of the wall clock, without drift. Ticks that passed
 * while the machine slept, or while `work` was still busy, are left out.
 * @returns the off-switch
 */
function onEveryTick(intervalMs: number, work: (tick: number) => Promise<void>): () => void {
  let timer: NodeJS.Timeout;
  let isStopped = false;

  function plan(): void {
    if (isStopped) return;
    const tick = alignDown(Date.now(), intervalMs) + intervalMs;
    timer = setTimeout(() => reach(tick), tick - Date.now());
  }

  async function reach(tick: number): Promise<void> {
    const now = Date.now();
    // A timer may come a millisecond early; planning again from there would meet the same tick twice.
    if (now < tick) {
      timer = setTimeout(() => reach(tick), tick - now);
      return;
    }
    await work(Math.max(tick, alignDown(now, intervalMs)));
    plan();
  }

  plan();
  return () => {
    isStopped = true;
    clearTimeout(timer);
  };
}
