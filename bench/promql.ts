import { Parameters } from '../lib/api/promql/parameters';
import { instantQuery, rangeQuery } from '../lib/api/promql/query';
import { Registry } from '../lib/memory/catalogue/registry';
import { SECOND } from '../lib/model/time/duration';
import { PromqlError } from '../lib/read/promql/errors';
import { Work } from '../lib/runtime/work/work';
import type { ColumnQuestion, SeriesColumn } from '../lib/store/store';
import { makeRoot } from '../lib/system/root';
import type { System } from '../lib/system/system';
import { below, milliseconds, printTable, type Row } from './support/report';

/**
 * How long PromQL holds the event loop in one go, at the bounds of what may be asked: 100,000 series, and one series of
 * millions of samples. From the parameters of a request to the pieces of its answer; samples come from memory.
 */
const SERIES = 100_000;
const WIDE_SAMPLES = 4;
const STEPS = 5;
const LONG_SAMPLES = 4_000_000;
const PAGE = 10_000;
const LONGEST_STRETCH_MS = 50;
/** Seconds; samples come 15 s apart in the wide metric, and every second in the long one. */
const END = 1_795_200_000;
const WIDE_RANGE = { start: END - STEPS + 1, end: END, step: 1 };
const LONG_RANGE = { start: END - 600, end: END, step: 60 };

const WIDE = [
  'wide',
  'sum by (host) (wide)',
  'avg without (host) (wide)',
  'count by (rack) (wide)',
  'topk(10, wide)',
  'topk(100000, wide)',
  'quantile(0.99, wide)',
  'count_values("v", wide)',
  'label_join(wide, "j", "-", "host", "rack")',
  'label_replace(wide, "r", "$1", "host", "host-(.*)")',
  'rate(wide[1m])',
  '-wide',
  'abs(wide) > 3',
  'timestamp(wide)',
  'hour(wide)',
  'absent(wide)',
  'scalar(wide)',
  'wide / on (host) wide',
  'wide and ignoring (rack) wide',
  'wide unless wide',
  'histogram_quantile(0.9, label_replace(wide, "le", "$1", "host", "host-(.*)"))',
  'max_over_time(wide[1m:15s])',
];
const WIDE_INSTANT = ['wide', 'sort(wide)', 'sort_desc(wide)', 'topk(100000, wide)', 'wide[1m]'];
const LONG_INSTANT = ['long[100d]'];
const LONG = [
  'sum_over_time',
  'avg_over_time',
  'stddev_over_time',
  'min_over_time',
  'mad_over_time',
  'rate',
  'changes',
  'deriv',
  'last_over_time',
];

const times = (count: number, everyMs: number) =>
  Float64Array.from({ length: count }, (_, i) => END * SECOND - (count - 1 - i) * everyMs);

function createSystem(): System {
  const registry = new Registry();
  const add = (id: number, metricId: number, metric: string, labels: Record<string, string>) =>
    registry.add({ id, metricId, metric, labels, type: 'gauge', unit: '', lastSeen: END * SECOND });
  for (let i = 0; i < SERIES; i++)
    add(i, 1, 'wide', { host: `host-${i}`, rack: `rack-${i % 500}`, region: 'eu', env: 'production' });
  add(SERIES, 2, 'long', { host: 'a' });
  const wideTimes = times(WIDE_SAMPLES, 15 * SECOND);
  const longTimes = times(LONG_SAMPLES, SECOND);
  const longValues = Float64Array.from(longTimes, (_, i) => (i * 7_919) % 100_003);
  const columns = {
    async *readColumns({ metricId, seriesIds }: ColumnQuestion): AsyncGenerator<SeriesColumn[]> {
      if (metricId === 2)
        for (let from = 0; from < LONG_SAMPLES; from += PAGE) {
          const [timestamps, values] = [longTimes, longValues].map((all) => all.subarray(from, from + PAGE));
          yield [{ seriesId: SERIES, timestamps, values }];
        }
      else
        for (let from = 0; from < seriesIds.length; from += PAGE)
          yield seriesIds.slice(from, from + PAGE).map((seriesId) => ({
            seriesId,
            timestamps: wideTimes,
            values: wideTimes.map((_, k) => ((seriesId * 7_919) % 100_003) + k),
          }));
    },
  };
  return { registry, store: { columns } } as unknown as System;
}

async function measure(what: string, ask: () => Promise<unknown>): Promise<Row> {
  await new Promise((resolve) => setTimeout(resolve, 50));
  const stop = watchLoop();
  const beganAt = performance.now();
  const said = await ask().then(
    () => 'answered',
    (error) => {
      if (error instanceof PromqlError || (error as { code?: string }).code === 'too_expensive')
        return `refused: ${error.message.slice(0, 60)}`;
      throw error;
    },
  );
  const tookMs = performance.now() - beganAt;
  await new Promise((resolve) => setTimeout(resolve, 20));
  return below(`\`${what}\` (${said} after ${milliseconds(tookMs)})`, stop(), LONGEST_STRETCH_MS);
}

/**
 * Looks at the clocks in each turn of the event loop; the off-switch returns the longest, ms. Of a turn in which other
 * programs ran, the time that this one had of the processor.
 */
function watchLoop(): () => number {
  let longest = 0;
  let last = clocks();
  const look = () => {
    const now = clocks();
    longest = Math.max(longest, Math.min(now.wall - last.wall, now.processor - last.processor));
    last = now;
    next = setImmediate(look);
  };
  let next = setImmediate(look);
  return () => {
    clearImmediate(next);
    return longest;
  };
}

function clocks(): { wall: number; processor: number } {
  const { user, system } = process.cpuUsage();
  return { wall: performance.now(), processor: (user + system) / 1_000 };
}

async function main(): Promise<void> {
  const root = makeRoot();
  const system = createSystem();
  const only = process.argv[2];
  const rows: Row[] = [];
  const run = async (query: string, range: typeof WIDE_RANGE | null) => {
    if (only && !query.includes(only)) return;
    const fields = range ?? { time: END };
    const form = Object.entries(fields).map(([name, value]) => [name, String(value)]);
    const parameters = new Parameters(new URLSearchParams([['query', query], ...form]));
    const ask = range ? rangeQuery : instantQuery;
    const work = new Work(root.scheduler);
    rows.push(
      await measure(range ? query : `${query} at one time`, () =>
        work.run(async () => {
          const { body } = await ask(parameters, work, system);
          if (body instanceof ReadableStream) await body.cancel();
        }),
      ),
    );
  };
  for (const query of WIDE) await run(query, WIDE_RANGE);
  for (const query of WIDE_INSTANT) await run(query, null);
  for (const query of LONG_INSTANT) await run(query, null);
  for (const name of LONG) await run(`${name}(long[45d])`, LONG_RANGE);
  await run('quantile_over_time(0.9, long[45d])', LONG_RANGE);
  await root.close();
  printTable('PromQL: how long the event loop is held', rows);
}

await main();
