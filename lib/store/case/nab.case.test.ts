import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Aggregate } from '../../model/aggregates';
import { alignDown, alignUp, type Point } from '../../model/points';
import { DAY, HOUR, MINUTE } from '../../model/time/duration';
import {
  type Bench,
  type EngineUnderTest,
  maintainAll,
  rowsOf,
  setUp,
  type Triple,
} from './engine-under-test';

const FOLDER = 'test/data/nab';
const AGGREGATES = ['avg', 'count', 'sum', 'min', 'max', 'last'] as const satisfies readonly Aggregate[];
const STEPS = [MINUTE, HOUR, DAY];
const BATCH = 5_000;

type Sample = readonly [timestamp: number, value: number];

interface File {
  name: string;
  samples: Sample[];
  /** The samples that come after the others of their time, in two portions. */
  late: [Sample[], Sample[]];
  series: { metricId: number; id: number };
}

/** Real servers of 2014, measured every five minutes: what the product is for. */
export function nabCases(engine: EngineUnderTest): void {
  describe('averages per minute, hour and day of real servers', () => {
    let bench: Bench;
    let files: File[];

    beforeAll(async () => {
      bench = await setUp(engine, { RETENTION_RAW: 'forever' });
      files = [];
      for (const name of readdirSync(FOLDER).filter((file) => file.endsWith('.csv'))) {
        const [{ id, metricId }] = await bench.store.catalogue.ensure([
          { metric: 'nab', labels: { file: name } },
        ]);
        const samples = readSamples(name);
        // A few of them scattered, as from agents that could not send for a while.
        const late: File['late'] = [
          samples.filter((_, i) => i % 29 === 7),
          samples.filter((_, i) => i % 31 === 11 && i % 29 !== 7),
        ];
        files.push({ name, samples, late, series: { id, metricId } });
      }
    });
    afterAll(() => bench.close());

    const isLate = ({ late }: File, sample: Sample) => late.some((portion) => portion.includes(sample));
    const stored = new Map<string, Sample[]>();

    async function append(portionOf: (file: File) => Sample[]): Promise<void> {
      const all = files.flatMap((file) =>
        portionOf(file).map(([t, value]): Triple => [file.series.id, t, value]),
      );
      all.sort((a, b) => a[1] - b[1] || a[0] - b[0]);
      for (let i = 0; i < all.length; i += BATCH)
        await bench.store.samples.append(rowsOf(all.slice(i, i + BATCH)));
      for (const file of files) stored.set(file.name, [...(stored.get(file.name) ?? []), ...portionOf(file)]);
    }

    async function checkAll(): Promise<void> {
      for (const { name, series } of files) {
        const samples = stored.get(name)!.toSorted((a, b) => a[0] - b[0]);
        for (const step of STEPS) {
          const question = {
            metricId: series.metricId,
            groups: [[series.id]],
            wholeMetric: false,
            aggregates: AGGREGATES,
            start: alignDown(samples[0][0], step),
            end: alignUp(samples[samples.length - 1][0] + 1, step),
            step,
          };
          const { groups } = await bench.store.samples.readPoints(question);
          expectEqual(groups[0], pointsIndependently(samples, step), `${name} by ${step} ms`);
        }
      }
    }

    it('are there to compare with', () => {
      expect(files).toHaveLength(17);
      expect(files.reduce((sum, { samples }) => sum + samples.length, 0)).toBeGreaterThan(67_000);
    });

    it('are right before anything is rolled up', async () => {
      await append((file) => file.samples.filter((sample) => !isLate(file, sample)));
      await checkAll();
    });

    it('are right in the middle of a minute, hour and day still open', async () => {
      // Upkeep has got as far as a moment in the middle of the data; everything after it is open.
      await bench.store.upkeep.maintain(Date.UTC(2014, 3, 10, 11, 37, 30));
      await checkAll();
    });

    it('are right after late samples, before they are rolled up', async () => {
      await append((file) => file.late[0]);
      await checkAll();
    });

    it('are right once all is rolled up', async () => {
      const { rolledUpTo } = await maintainAll(bench.store, Date.UTC(2014, 11, 1));
      expect(rolledUpTo).toBeGreaterThanOrEqual(Date.UTC(2014, 10, 30));
      await checkAll();
    });

    it('are right after more late samples, before and after the next round', async () => {
      await append((file) => file.late[1]);
      await checkAll();
      await maintainAll(bench.store, Date.UTC(2014, 11, 1));
      await checkAll();
    });

    it('are not moved by sending everything again', async () => {
      for (const { series, samples } of files) {
        const again = samples.map(([t, value]): Triple => [series.id, t, value + 1]);
        expect(await bench.store.samples.append(rowsOf(again))).toHaveLength(again.length);
      }
      await checkAll();
      await maintainAll(bench.store, Date.UTC(2014, 11, 2));
      await checkAll();
    });
  });
}

function readSamples(name: string): Sample[] {
  const [, ...lines] = readFileSync(`${FOLDER}/${name}`, 'utf8').trim().split(/\r?\n/);
  const samples = new Map<number, number>();
  for (const line of lines) {
    const [time, value] = line.split(',');
    const t = Date.parse(`${time.replace(' ', 'T')}Z`);
    // Where the hour was set back two lines have one time; the first is stored.
    if (!samples.has(t)) samples.set(t, Number(value));
  }
  return [...samples].sort((a, b) => a[0] - b[0]);
}

/** The points by the plainest means: a list of values for every step. */
function pointsIndependently(samples: readonly Sample[], step: number): Point[] {
  const values = new Map<number, number[]>();
  for (const [t, value] of samples) {
    const start = t - (t % step);
    values.set(start, [...(values.get(start) ?? []), value]);
  }
  return [...values].map(([start, list]) => {
    const sum = list.reduce((total, value) => total + value, 0);
    return [
      start,
      sum / list.length,
      list.length,
      sum,
      Math.min(...list),
      Math.max(...list),
      list[list.length - 1],
    ];
  });
}

function expectEqual(actual: readonly Point[], expected: readonly Point[], what: string): void {
  expect(
    actual.map(([t]) => t),
    what,
  ).toEqual(expected.map(([t]) => t));
  const wrong = actual.filter((point, i) =>
    point.some(
      (value, column) => Math.abs(value! - expected[i][column]!) > 1e-9 * Math.abs(expected[i][column]!),
    ),
  );
  expect(wrong, what).toEqual([]);
}
