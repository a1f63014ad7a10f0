import { expect, it } from 'vitest';
import { formatSql } from '@/test/support/format-sql';
import { DAY, HOUR, MINUTE, SECOND } from '../../model/time/duration';
import { connect } from '../connection';
import { readPoints } from '../sql/read-points';
import type { StoreQuestion } from '../store';
import { type EngineUnderTest, makeSeries, setUp } from './engine-under-test';

const T = Date.UTC(2026, 10, 20);
const HOURS = { start: T, end: T + 6 * HOUR, step: MINUTE };

/** Typical questions, over a metric of four series. */
const QUESTIONS: Record<string, Partial<StoreQuestion>> = {
  'samples themselves, by seconds': {
    start: T,
    end: T + 10 * MINUTE,
    step: 10 * SECOND,
    aggregates: ['avg'],
  },
  minutes: { ...HOURS, aggregates: ['avg', 'min', 'max', 'count'] },
  hours: { start: T - 2 * DAY, end: T, step: HOUR, aggregates: ['sum'] },
  'days, the last of them not rolled up yet': {
    start: T - 30 * DAY,
    end: T + DAY,
    step: DAY,
    aggregates: ['last'],
  },
  'months, of which each is as long as it is': {
    start: T - 19 * DAY,
    end: T + 12 * DAY,
    step: DAY,
    starts: [T - 19 * DAY, T + 11 * DAY],
    aggregates: ['avg'],
  },
  'some series of a metric': { ...HOURS, groups: [[1, 3]], wholeMetric: false, aggregates: ['avg'] },
  'groups of series': {
    ...HOURS,
    groups: [
      [1, 2],
      [3, 4],
    ],
    aggregates: ['avg'],
  },
  'a point for each series, as the top ones are found': {
    ...HOURS,
    step: 6 * HOUR,
    groups: [[1], [2], [3], [4]],
    aggregates: ['avg'],
  },
  'a counter, by the minute': { ...HOURS, aggregates: ['rate', 'increase'] },
  'a counter, by the day': { start: T - 30 * DAY, end: T, step: DAY, aggregates: ['rate'] },
  'differences of a gauge': { ...HOURS, aggregates: ['delta'] },
  'percentiles, from samples': { ...HOURS, step: HOUR, aggregates: ['p95', 'stddev'] },
  'percentiles beside what rollups know': { ...HOURS, step: HOUR, aggregates: ['avg', 'p95'] },
  'two stages: over the values of series': { ...HOURS, aggregates: ['max(avg)', 'p90(rate)'] },
  'two stages, the first over samples': { ...HOURS, step: HOUR, aggregates: ['avg(p95)'] },
};

/**
 * What the database is asked. The text is kept in each engine's `__snapshots__/questions.sql`, to be read when it
 * changes: every difference is one that users may feel.
 */
export function questionsCases(engine: EngineUnderTest): void {
  it('asks these statements', async () => {
    const bench = await setUp(engine);
    const { metricId, ids: made } = await makeSeries(bench.store, 'asked', 4);
    const ids = made.toSorted((a, b) => a - b);
    const at = (ms: number) => new Date(ms).toISOString();
    await bench.sql`
      update rollup_state set sealed = ${at(T + 5 * HOUR)}, minute_rolled = ${at(T + 5 * HOUR)},
        hour_rolled = ${at(T + 5 * HOUR)}, day_rolled = ${at(T)}`;
    const statements: string[] = [];
    const { sql, ...client } = connectWith(bench.url, (text, parameters) => {
      if (/^\s*with\b/.test(text)) statements.push(formatSql(text, parameters));
    });
    const shown: string[] = [];
    const ask = async (name: string, over: Partial<StoreQuestion>) => {
      const question = { metricId, groups: [ids], wholeMetric: true, aggregates: [], ...HOURS, ...over };
      await readPoints(sql, question, engine.name === 'postgres' ? 'stored' : 'stitched');
      shown.push(...statements.splice(0).map((statement) => `-- ${name}\n${statement};\n`));
    };
    for (const [name, over] of Object.entries(QUESTIONS)) await ask(name, over);
    await bench.sql`insert into rollup_stale (tier, series_id, ts) values ('minute', ${ids[0]}, ${at(T + HOUR)})`;
    await ask('minutes, some of which a late sample has changed', QUESTIONS.minutes);
    await ask('a counter that a late sample has changed', QUESTIONS['a counter, by the minute']);
    await bench.sql`insert into huge_metrics (metric_id) values (${metricId})`;
    await ask('a metric with huge values', { ...HOURS, aggregates: ['avg', 'increase'] });
    await client.close();
    await bench.close();
    expect(ids).toEqual([1, 2, 3, 4]);
    await expect(shown.join('\n')).toMatchFileSnapshot('__snapshots__/questions.sql');
  });
}

function connectWith(url: string, onStatement: (text: string, parameters: readonly unknown[]) => void) {
  const client = connect(url, {
    debug: (_, text, parameters) => onStatement(text, parameters),
    connection: { TimeZone: 'UTC' },
  });
  return { sql: client.sql, close: () => client.close() };
}
