import { get } from 'node:http';
import { SECOND } from '../../lib/model';

/** What a dashboard of 12 panels asks of `METRICS` in load.ts. */
const PANELS: ReadonlyArray<Record<string, string>> = [
  { metric: 'cpu_usage_percent', aggregate: 'avg,min,max' },
  { metric: 'cpu_usage_percent', by: 'region' },
  { metric: 'memory_used_percent', aggregate: 'avg,min,max' },
  { metric: 'load1', aggregate: 'p95' },
  { metric: 'disk_busy_percent', aggregate: 'max' },
  { metric: 'filesystem_used_percent', by: 'role', aggregate: 'max' },
  { metric: 'network_receive_bytes_per_second', aggregate: 'sum' },
  { metric: 'network_transmit_bytes_per_second', aggregate: 'sum' },
  { metric: 'http_requests_per_second', aggregate: 'sum', by: 'region' },
  { metric: 'http_request_duration_seconds', aggregate: 'p99' },
  { metric: 'temperature_celsius', aggregate: 'avg,min,max' },
  { metric: 'cpu_usage_percent', by: 'host', top: '10' },
];

/** Makes a benchmark's program watch instead: the viewers' own work must not be the server's or the clock's. */
export const VIEWERS_ARGUMENT = 'viewers';

export interface ViewersReport {
  seconds: number;
  writes: number;
  bytes: number;
}

interface Task {
  port: number;
  viewers: number;
  /** They come one after the other over this long. */
  openOverMs: number;
}

/** Opens streams when told to, says when they are open, and at the next word what they have received since. */
export async function watchAs(): Promise<void> {
  let writes = 0;
  let bytes = 0;
  let since = 0;
  process.on('message', async (message: Task | 'report') => {
    if (message === 'report') {
      const report: ViewersReport = { seconds: (performance.now() - since) / SECOND, writes, bytes };
      return process.send?.(report);
    }
    const { port, viewers, openOverMs } = message;
    const search = new URLSearchParams({ cursor: String(Date.now()) });
    for (const panel of PANELS) search.append('q', new URLSearchParams({ ...panel, step: '10s' }).toString());
    for (let i = 0; i < viewers; i++) {
      await openReader(port, `/api/live?${search}`, (data) => {
        writes++;
        bytes += data.length;
      });
      await new Promise((resolve) => setTimeout(resolve, openOverMs / viewers));
    }
    await new Promise((resolve) => setTimeout(resolve, 2 * SECOND));
    writes = bytes = 0;
    since = performance.now();
    process.send?.('open');
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
