import { parseArgs } from 'node:util';
import { formatDuration, MINUTE, SECOND } from '../lib/model/time/duration';
import { failWith, readCount, readDuration, readTransport } from './arguments';
import { type BackfillOptions, backfill } from './simulate/backfill';
import { createFleet } from './simulate/fleet';
import { runLive } from './simulate/live';
import { Tally } from './simulate/tally';
import { emptyTotals, type UploadTotals } from './upload';

const REPORT_EVERY_MS = 5 * SECOND;

const USAGE = `Plays a fleet of servers: a daily rhythm, noise, incidents that hit many at once, restarts, servers that vanish and return.

npm run simulate -- [options]
  --servers 100        how many
  --metrics 10         samples each posts at a time
  --interval 1s        time between two posts of a server
  --url URL            the server (http://127.0.0.1:3000)
  --transport post     post: HTTP requests; ws: a WebSocket for each server
  --duration 10m       end after this time (default: run until stopped)
  --backfill 6h        post this much history first
  --backfill-step 1m   time between two samples of that history
  --seed 1             another number, another fleet; the same number, the same fleet
  --key KEY            the server's ingest key; better in the variable PULSEBOARD_KEY, which no process list shows`;

function readOptions() {
  const { values } = parseArgs({
    options: {
      servers: { type: 'string', default: '100' },
      metrics: { type: 'string', default: '10' },
      interval: { type: 'string', default: '1s' },
      url: { type: 'string', default: 'http://127.0.0.1:3000' },
      transport: { type: 'string', default: 'post' },
      duration: { type: 'string' },
      backfill: { type: 'string' },
      'backfill-step': { type: 'string', default: '1m' },
      seed: { type: 'string', default: '1' },
      key: { type: 'string', default: process.env.PULSEBOARD_KEY },
      help: { type: 'boolean', default: false },
    },
  });
  return {
    help: values.help,
    servers: readCount('--servers', values.servers),
    metrics: readCount('--metrics', values.metrics, { to: 1_000 }),
    seed: readCount('--seed', values.seed, { from: 0, to: 2 ** 31 }),
    intervalMs: readDuration('--interval', values.interval, { atLeastMs: 50 }),
    durationMs: values.duration ? readDuration('--duration', values.duration) : Number.POSITIVE_INFINITY,
    backfillMs: values.backfill ? readDuration('--backfill', values.backfill) : 0,
    stepMs: readDuration('--backfill-step', values['backfill-step'], { atLeastMs: SECOND }),
    transport: readTransport(values.transport),
    url: values.url,
    key: values.key || undefined,
  };
}

async function main(): Promise<void> {
  const options = readOptions();
  if (options.help) {
    console.log(USAGE);
    return;
  }
  const stopped = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopped.abort());

  const { url, key, transport, intervalMs } = options;
  const fleet = createFleet(options);
  console.log(
    `${options.servers} servers post ${options.metrics} samples each to ${url} every ${formatDuration(intervalMs)}; Ctrl-C ends it.`,
  );
  if (options.backfillMs > 0) {
    const totals = await backfillUntilNow({ ...options, fleet }, stopped.signal);
    console.log(
      `History: ${totals.accepted} samples accepted (${totals.duplicates} of them were there already), ${totals.rejected} rejected.`,
    );
    for (const [code, message] of totals.reasons) console.log(`  ${code}: ${message}`);
  }
  await playLive(
    { fleet, url, key, transport, intervalMs, until: Date.now() + options.durationMs },
    stopped.signal,
  );
}

/** The past first, then what became past while that was being posted, until history meets the present. */
async function backfillUntilNow(
  options: Omit<BackfillOptions, 'start' | 'end'> & { backfillMs: number },
  signal: AbortSignal,
): Promise<UploadTotals> {
  const totals = emptyTotals();
  let start = Date.now() - options.backfillMs;
  while (Date.now() - start > options.stepMs && !signal.aborted) {
    const end = Date.now();
    await backfill({ ...options, start, end }, totals, signal);
    start = end;
  }
  return totals;
}

async function playLive(
  options: Omit<Parameters<typeof runLive>[0], 'tally'>,
  signal: AbortSignal,
): Promise<void> {
  const tally = new Tally();
  const total = new Tally();
  const report = setInterval(() => {
    console.log(`${new Date().toISOString().slice(11, 19)}  ${tally.describe()}`);
    total.add(tally);
    tally.clear();
  }, REPORT_EVERY_MS);
  const startedAt = Date.now();
  await runLive({ ...options, tally }, signal);
  clearInterval(report);
  total.add(tally);
  console.log(`In ${formatElapsed(Date.now() - startedAt)}: ${total.describe()}`);
}

function formatElapsed(ms: number): string {
  return ms < 2 * MINUTE ? `${(ms / SECOND).toFixed(0)} s` : `${(ms / MINUTE).toFixed(1)} min`;
}

main().catch((error) => failWith(error, USAGE));
