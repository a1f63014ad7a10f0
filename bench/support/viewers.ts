import { fork } from 'node:child_process';
import { once } from 'node:events';
import { get } from 'node:http';
import { SECOND } from '../../lib/model/time/duration';

/** Makes a benchmark's program watch instead: the viewers' own work must not be the server's or the clock's. */
export const VIEWERS_ARGUMENT = 'viewers';
/** Its newest value is when its POST began, epoch ms: every dashboard has a panel of it. */
export const PROBE = 'bench_probe';

/** What a dashboard of 12 panels asks of what the fleet measures (`METRICS` of load/formats.ts). */
const PANELS: ReadonlyArray<Record<string, string>> = [
  { metric: 'cpu_usage_percent', aggregate: 'avg,min,max' },
  { metric: 'cpu_usage_percent', by: 'region' },
  { metric: 'memory_used_percent', aggregate: 'avg,min,max' },
  { metric: 'load1', aggregate: 'p95' },
  { metric: 'disk_busy_percent', aggregate: 'max' },
  { metric: 'filesystem_used_percent', by: 'role', aggregate: 'max' },
  { metric: 'network_receive_bytes_per_second', aggregate: 'sum' },
  { metric: 'http_requests_per_second', aggregate: 'sum', by: 'region' },
  { metric: 'http_request_duration_seconds', aggregate: 'p99' },
  { metric: 'temperature_celsius', aggregate: 'avg,min,max' },
  { metric: 'cpu_usage_percent', by: 'host', top: '10' },
];

/** The queries of dashboard `number`: the first is of all hosts, every other one of a tenth of them. */
export function dashboard(number: number): string[] {
  const digit = number % 10;
  const hosts = number < 10 ? `web-.*${digit}` : `web-.*${digit}.`;
  const match = number === 0 ? '' : `{host=~"${hosts}"}`;
  const panels = PANELS.map((panel) => ({ ...panel, match, step: '10s' }));
  return [...panels, { metric: PROBE, aggregate: 'last', step: 'raw' }].map((panel) =>
    new URLSearchParams(panel).toString(),
  );
}

export interface ViewersReport {
  seconds: number;
  writes: number;
  bytes: number;
  /** From the beginning of a probe's POST to its sample at a viewer, ms, ascending; every viewer's of every probe. */
  delays: number[];
}

interface Task {
  port: number;
  /** Streams to open: the queries of each. They come one after the other over `openOverMs`. */
  streams: string[][];
  openOverMs: number;
}

export interface Viewers {
  /** Forgets what was received so far. */
  begin(): Promise<void>;
  report(): Promise<ViewersReport>;
  close(): void;
}

/** Opens streams in a process of their own, a fork of this program; resolves when all are open. */
export async function openViewers(program: string, task: Task): Promise<Viewers> {
  const child = fork(program, [VIEWERS_ARGUMENT]);
  const ask = async (message: Task | 'begin' | 'report') => {
    const answer = once(child, 'message');
    child.send(message);
    return (await answer)[0];
  };
  await ask(task);
  return {
    begin: () => ask('begin'),
    report: () => ask('report') as Promise<ViewersReport>,
    close: () => child.disconnect(),
  };
}

/** The forked program's work. */
export async function watchAs(): Promise<void> {
  let writes = 0;
  let bytes = 0;
  let delays: number[] = [];
  let since = 0;
  const take = (data: string) => {
    const now = performance.timeOrigin + performance.now();
    writes++;
    bytes += data.length;
    // No other metric has values as large as the time.
    for (const [, at] of data.matchAll(/\[\d+,(1\d{12}\.\d+)\]/g)) delays.push(now - Number(at));
  };
  process.on('message', async (message: Task | 'begin' | 'report') => {
    if (message === 'begin') {
      writes = bytes = 0;
      delays = [];
      since = performance.now();
      process.send?.('begun');
    } else if (message === 'report') {
      const seconds = (performance.now() - since) / SECOND;
      process.send?.({
        seconds,
        writes,
        bytes,
        delays: delays.sort((a, b) => a - b),
      } satisfies ViewersReport);
    } else {
      const { port, streams, openOverMs } = message;
      for (const queries of streams) {
        const search = new URLSearchParams({ cursor: String(Date.now()), tick: String(SECOND) });
        for (const query of queries) search.append('q', query);
        await openReader(port, `/api/live?${search}`, take);
        await new Promise((resolve) => setTimeout(resolve, openOverMs / streams.length));
      }
      process.send?.('open');
    }
  });
}

/** Opens a stream and hands over what it says, as it comes; resolves when it has begun. @returns the off-switch */
export function openReader(port: number, path: string, onData: (data: string) => void): Promise<() => void> {
  return new Promise((resolve, reject) => {
    const outgoing = get({ port, path, agent: false }, (response) => {
      if (response.statusCode !== 200) return reject(new Error(`${path} answered ${response.statusCode}`));
      response.setEncoding('utf8').on('data', onData);
      resolve(() => outgoing.destroy());
    });
    outgoing.on('error', reject);
  });
}
