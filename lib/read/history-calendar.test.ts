import { describe, expect, it } from 'vitest';
import { expectSameGroups } from '@/test/support/expect-points';
import { useHistoryNodes } from '@/test/support/history-nodes';
import { naiveGroups, naivePoints } from '@/test/support/naive';
import type { TestNode, TestSample } from '@/test/support/node';
import type { Aggregate } from '../model/aggregates';
import type { Point } from '../model/points';
import { DAY, HOUR, MINUTE, SECOND } from '../model/time/duration';

const nodes = useHistoryNodes({ settings: { RETENTION_RAW: 'forever' } });
const { ask, freshMetric } = nodes;

interface Sample {
  host: string;
  timestamp: number;
  value: number;
}

const toTest = (name: string, samples: readonly Sample[]): TestSample[] =>
  samples.map(({ host, timestamp, value }) => ({ name, labels: { host }, timestamp, value }));

/** Writes samples that are too old to be admitted. */
async function writeOld(node: TestNode, metric: string, samples: readonly Sample[]): Promise<void> {
  const hosts = [...new Set(samples.map(({ host }) => host))];
  const stored = await nodes.server.store.catalogue.ensure(
    hosts.map((host) => ({ metric, labels: { host } })),
  );
  for (const series of stored) node.registry.add(series);
  const ids = new Map(stored.map(({ id }, i) => [hosts[i], id]));
  await nodes.server.store.samples.append({
    seriesIds: samples.map(({ host }) => ids.get(host)!),
    timestamps: samples.map(({ timestamp }) => timestamp),
    values: samples.map(({ value }) => value),
  });
}

/** Where days of a time zone begin: the first quarters of an hour at which its clocks show a later date than before. */
function daysOf(timezone: string, start: number, end: number): Array<{ t: number; date: string }> {
  const clock = new Intl.DateTimeFormat('en-CA', {
    timeZone: timezone,
    ...{ year: 'numeric', month: '2-digit', day: '2-digit' },
  });
  const days: Array<{ t: number; date: string }> = [];
  let latest = clock.format(start - 15 * MINUTE);
  for (let t = start; t <= end; t += 15 * MINUTE) {
    const date = clock.format(t);
    if (date > latest) days.push({ t, date });
    if (date > latest) latest = date;
  }
  return days;
}

const isMonday = ({ date }: { date: string }) => new Date(date).getUTCDay() === 1;
const isFirst = ({ date }: { date: string }) => date.endsWith('-01');
const CALENDARS = { day: () => true, week: isMonday, month: isFirst };

describe('days, weeks and months of a time zone', () => {
  it.each([
    ['Europe/Berlin', '2026-03-29T12:00:00Z'],
    ['Europe/Berlin', '2025-10-26T12:00:00Z'],
    ['Asia/Kathmandu', '2026-02-27T12:00:00Z'],
    ['Australia/Lord_Howe', '2026-04-04T12:00:00Z'],
    ['America/Sao_Paulo', '2018-11-04T12:00:00Z'],
    ['Asia/Beirut', '2024-03-31T12:00:00Z'],
    ['UTC', '2024-02-29T12:00:00Z'],
  ])('%s around %s', async (timezone, around) => {
    const node = await nodes.start();
    const metric = freshMetric();
    const middle = Date.parse(around);
    const samples = Array.from({ length: 1_600 }, (_, i) => ({
      host: `h${i % 3}`,
      // Some of them close to midnight, on either side.
      timestamp: middle - 40 * DAY + i * 73 * MINUTE + (i % 7) * 137 * SECOND,
      value: (i * 7919) % 1_000,
    }));
    await writeOld(node, metric, samples);
    const days = daysOf(timezone, middle - 80 * DAY, middle + 80 * DAY);
    for (const maintained of [false, true]) {
      if (maintained) await nodes.server.store.upkeep.maintain(nodes.server.clock.now());
      for (const [step, isStart] of Object.entries(CALENDARS)) {
        for (const [aggregate, offset] of [
          ['avg,max', 0],
          ['sum(avg)', 0],
          ['p90,count', 7 * DAY],
          ['increase', HOUR],
        ] as const) {
          const aggregates = aggregate.split(',') as Aggregate[];
          const answer = await ask({
            metric,
            aggregate,
            step,
            timezone,
            offset: `${offset}ms`,
            start: middle - 35 * DAY,
            end: middle + 35 * DAY,
          });
          const starts = days.filter(isStart).map(({ t }) => t);
          if (timezone !== 'UTC' || step !== 'day') expect(answer).toMatchObject({ step, timezone });
          const answered = starts.filter((t) => t >= answer.start && t < answer.end);
          expect(answered[0]).toBe(answer.start);
          expect(starts).toContain(answer.end);
          // A week is seven days of the calendar; an hour is an hour.
          const back = (t: number) =>
            offset % DAY === 0 ? days[days.findIndex((day) => day.t === t) - offset / DAY].t : t - offset;
          const group = [...naiveGroups(samples, () => '').values()][0];
          const expected = answered.flatMap((t) => {
            const from = back(t);
            const to = back(starts[starts.indexOf(t) + 1]);
            const [point] = naivePoints(group, { aggregates, start: from, end: to, step: to - from });
            return point ? [[t, ...point.slice(1)] as Point] : [];
          });
          expectSameGroups(answer.series, expected.length > 0 ? [{ labels: {}, points: expected }] : []);
        }
      }
    }
  });

  it('of which maxPoints counts, and what would fit is named', async () => {
    const node = await nodes.start();
    const metric = freshMetric();
    await node.write(...toTest(metric, [{ host: 'h', timestamp: nodes.server.clock.now(), value: 1 }]));
    const common = {
      metric,
      timezone: 'Europe/Berlin',
      end: '2026-11-01T00:00:00Z',
      start: '2025-11-01T00:00:00Z',
    };
    await expect(ask({ ...common, step: 'day', maxPoints: 100 })).rejects.toMatchObject({
      code: 'too_many_points',
      message: expect.stringMatching(/step=4d would fit/),
    });
    await expect(ask({ ...common, step: '4d', maxPoints: 100 })).resolves.toMatchObject({ step: '4d' });
    for (const maxPoints of [1, 2, 12, 53, 365, 367]) {
      const { step, start, end } = await ask({ ...common, maxPoints });
      expect(step).toMatch(/^(day|\d+d)$/);
      expect(
        (end - start) / DAY / (step === 'day' ? 1 : Number.parseInt(String(step), 10)),
      ).toBeLessThanOrEqual(maxPoints + 0.1);
    }
    await expect(ask({ metric, timezone: 'Europe/Berlin', start: 'now-1h' })).resolves.toMatchObject({
      step: 10 * SECOND,
    });
    await expect(ask({ ...common, step: '36h' })).rejects.toMatchObject({ code: 'bad_parameter' });
    await expect(ask({ ...common, step: 'month', end: '8640000000000000' })).rejects.toMatchObject({
      code: 'bad_parameter',
    });
    await expect(ask({ metric, step: 'month', start: 0 })).resolves.toMatchObject({
      step: 'month',
      timezone: 'UTC',
      start: 0,
    });
  });
});
