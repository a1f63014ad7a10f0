import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { createScheduler } from '../support/scheduler';
import { type Outcome, runCases } from './format/run';

/** Functions that are promised: of the cases of each, nine in ten must be right. */
const PROMISED = [
  ...['rate', 'irate', 'increase', 'delta', 'idelta', 'deriv', 'predict_linear', 'changes', 'resets'],
  ...['avg', 'min', 'max', 'sum', 'count', 'last', 'quantile', 'stddev', 'stdvar', 'present', 'absent'].map(
    (name) => `${name}_over_time`,
  ),
  ...['sum', 'avg', 'min', 'max', 'count', 'group', 'stddev', 'stdvar', 'topk', 'bottomk', 'quantile'],
  ...['count_values', 'histogram_quantile', 'label_replace', 'label_join', 'absent', 'vector', 'scalar'],
  ...['time', 'timestamp', 'day_of_week', 'day_of_month', 'day_of_year', 'days_in_month', 'hour', 'minute'],
  ...['month', 'year', 'abs', 'ceil', 'floor', 'round', 'exp', 'ln', 'log2', 'log10', 'sqrt', 'sgn'],
  ...['clamp', 'clamp_min', 'clamp_max', 'sort', 'sort_desc'],
];
/** What is not offered: experimental in Prometheus, or about native histograms. */
const NOT_OFFERED =
  /\b(anchored|smoothed|fill|fill_left|fill_right|info|limitk|limit_ratio|sort_by_label(_desc)?|start_timestamp|histogram_(fraction|quantiles|count|sum|avg|stddev|stdvar)|m(ax|in)_of|step|range)\b|\b(start|end)\(\)(?<!@ ?(start|end)\(\))/;
/** Files about features that are off in Prometheus unless a flag turns them on. */
const OTHER_FEATURES =
  /^(duration_expression|extended_vectors|fill-modifier|info|limit|native_histograms|start_timestamps|type_and_unit|name_label_dropping)\.test$/;

const scheduler = createScheduler();
afterAll(() => scheduler.close());

const filesIn = (folder: string) => readdirSync(folder).map((name) => join(folder, name));

test.each(filesIn('test/promql/cases'))('%s', async (file) => {
  const outcomes = await runCases(readFileSync(file, 'utf8'), scheduler);
  expect(outcomes.length).toBeGreaterThan(0);
  expect(outcomes.filter(({ problem }) => problem !== null)).toEqual([]);
});

// The folder promql/promqltest/testdata of Prometheus' repository, for whoever has it.
const folder = process.env.PROMQLTEST_DIR;
if (folder)
  describe('the cases of Prometheus', () => {
    test('are right, nine in ten of each function', async () => {
      const rates = new Map<string, { right: number; all: number }>();
      let native = 0;
      for (const name of readdirSync(folder)) {
        if (OTHER_FEATURES.test(name)) continue;
        for (const outcome of await runCases(readFileSync(join(folder, name), 'utf8'), scheduler)) {
          native += Number(outcome.isNative);
          if (!outcome.isNative) count(outcome, rates);
        }
      }
      console.log(`native histograms: ${native} cases\n${table(rates)}`);
      const low = [...rates].filter(([, { right, all }]) => right < 0.9 * all).map(([name]) => name);
      expect(low).toEqual([]);
    });
  });

function count({ command, problem }: Outcome, rates: Map<string, { right: number; all: number }>): void {
  if (NOT_OFFERED.test(command.query)) return;
  if (problem !== null) console.log(`line ${command.line}: ${command.query}: ${problem}`);
  const used = PROMISED.filter((name) =>
    new RegExp(`\\b${name}\\b\\s*(\\(|by|without)`, 'i').test(command.query),
  );
  for (const name of used.length > 0 ? used : ['operators and selectors']) {
    const rate = rates.get(name) ?? { right: 0, all: 0 };
    rate.all++;
    if (problem === null) rate.right++;
    rates.set(name, rate);
  }
}

function table(rates: ReadonlyMap<string, { right: number; all: number }>): string {
  return [...rates]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { right, all }]) => `| \`${name}\` | ${right} of ${all} |`)
    .join('\n');
}
