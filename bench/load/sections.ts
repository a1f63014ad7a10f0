import { milliseconds, whole } from '../support/report';
import { type Bar, drawBars } from './chart';
import { COLUMNS, isOurs, systemName, table } from './columns';
import type { Result } from './result';

interface Section {
  text: string;
  chart?: { title: string; svg: string };
}

/** The other system's published figures: requests a second, average and 95th percentile in ms. */
const PUBLISHED = {
  posts: { what: 'published: POST over HTTP/1.1', rate: 8_000, mean: 320, p95: 890 },
  streams: {
    what: 'published: WebSocket over HTTP/2, Redis, stateless nodes',
    rate: 12_500,
    mean: 120,
    p95: 310,
  },
};
const PROMISED = { servers: 10_000, viewers: 500 };

/** What is told of the highest rate, whoever's it is. */
const HIGHEST = [
  'rate',
  'samples',
  'p50',
  'p99',
  'cores',
  'perCpu',
  'memory',
  'wire',
  'disk',
  'lost',
  'speed',
] as const;

/** What the template may ask for. */
export const SECTIONS: Record<string, (results: readonly Result[]) => Section> = {
  machine: (results) => ({ text: describeVersions(results) }),

  promise: (results) => {
    const kept = results.filter(
      ({ pace, servers, viewers }) =>
        pace === 'steady' && servers === PROMISED.servers && viewers === PROMISED.viewers,
    );
    return tableOf(kept, [
      'scenario',
      'system',
      'bus',
      'rate',
      'mean',
      'p50',
      'p95',
      'p99',
      'max',
      'event50',
      'event99',
      'cores',
      'perCpu',
      'memory',
      'errors',
      'lost',
      'late',
    ]);
  },

  approaches: (results) => {
    const ours = results.filter(
      ({ name, pace, viewers, servers }) =>
        pace === 'steady' &&
        !name.startsWith('max.') &&
        viewers === 0 &&
        (servers === PUBLISHED.posts.rate || servers === PUBLISHED.streams.rate),
    );
    const published = Object.values(PUBLISHED).map(
      ({ what, rate, mean, p95 }) =>
        `| ${what} | ${whole(rate)} | ${milliseconds(mean)} | ${milliseconds(p95)} | | | |`,
    );
    const rows = ours
      .toSorted((a, b) => a.servers - b.servers)
      .map(
        (result) =>
          `| ${describe(result)} | ${whole(result.answered)} | ${milliseconds(result.ack.mean)} | ${milliseconds(result.ack.p95)} | ${milliseconds(result.ack.p99)} | ${whole(result.samplesPerCpuSecond)} | ${COLUMNS.lost[1](result)} |`,
      );
    const bars: Bar[] = [
      ...Object.values(PUBLISHED).map(({ what, p95 }) => ({
        label: what,
        value: p95,
        text: milliseconds(p95),
        isOther: true,
      })),
      ...ours.map((result) => ({
        label: describe(result),
        value: result.ack.p95,
        text: milliseconds(result.ack.p95),
      })),
    ];
    return {
      text: [
        '| who | messages/s | average | p95 | p99 | samples per CPU-second | lost |',
        '| --- | --- | --- | --- | --- | --- | --- |',
        ...published,
        ...rows,
      ].join('\n'),
      chart: chart('95th percentile of an answer', bars),
    };
  },

  highest: (results) => {
    const best = highestOf(results).filter(({ nodes, system }) => nodes === 1 && isOurs(system));
    const bars = best.map((result) => ({
      label: `${result.scenario}, ${result.system}`,
      value: result.samplesPerSecond,
      text: whole(result.samplesPerSecond),
    }));
    return {
      ...tableOf(best, ['scenario', 'system', ...HIGHEST]),
      chart: chart('Samples a second, p99 ≤ 250 ms, one node', bars),
    };
  },

  nodes: (results) =>
    tableOf(
      highestOf(results)
        .filter(({ bus }) => bus === 'redis')
        .toSorted((a, b) => a.system.localeCompare(b.system) || a.nodes - b.nodes),
      ['scenario', 'system', 'nodes', 'rate', 'samples', 'p50', 'p99', 'cores', 'perCpu', 'lost', 'speed'],
    ),

  peers: (results) => {
    const scenarios = new Set(
      highestOf(results)
        .filter(({ system }) => !isOurs(system))
        .map(({ scenario }) => scenario),
    );
    const all = highestOf(results).filter(
      ({ scenario, nodes, bus }) => scenarios.has(scenario) && nodes === 1 && bus !== 'redis',
    );
    const bars = all.map((result) => ({
      label: `${systemName(result.system)}, ${result.scenario}`,
      value: result.samplesPerCpuSecond,
      text: whole(result.samplesPerCpuSecond),
      isOther: !isOurs(result.system),
    }));
    return {
      ...tableOf(all, ['system', 'scenario', 'durability', ...HIGHEST]),
      chart: chart('Samples per CPU-second', bars),
    };
  },

  steady: (results) =>
    tableOf(
      results.filter(
        ({ name, pace, viewers, servers }) =>
          pace === 'steady' &&
          !name.startsWith('max.') &&
          (viewers < PROMISED.viewers || servers !== PROMISED.servers) &&
          servers !== PUBLISHED.posts.rate &&
          servers !== PUBLISHED.streams.rate,
      ),
      [
        'scenario',
        'system',
        'nodes',
        'bus',
        'servers',
        'viewers',
        'rate',
        'mean',
        'p50',
        'p95',
        'p99',
        'max',
        'event99',
        'cores',
        'perCpu',
        'memory',
        'wire',
        'disk',
        'errors',
        'lost',
        'speed',
      ],
    ),

  generator: (results) =>
    tableOf(
      results.filter(({ pace }) => pace === 'flat-out'),
      ['scenario', 'system', 'servers', 'rate', 'wrk', 'p50', 'p99', 'cores', 'lost', 'speed'],
    ),
};

function highestOf(results: readonly Result[]): Result[] {
  return results.filter(({ name }) => name.startsWith('max.'));
}

function tableOf(...args: Parameters<typeof table>): Section {
  return { text: table(...args) };
}

function chart(title: string, bars: readonly Bar[]) {
  return bars.length > 0 ? { title, svg: drawBars(title, bars) } : undefined;
}

function describe({ scenario, system, nodes, bus }: Result): string {
  return `\`${scenario}\`, ${system}, ${nodes} ${nodes === 1 ? 'node' : 'nodes'}, ${bus}`.replaceAll('`', '');
}

function describeVersions(results: readonly Result[]): string {
  const all = (pick: (result: Result) => string) => [...new Set(results.map(pick))].sort();
  const days = all(({ at }) => at.slice(0, 10));
  return [
    `| machine | ${all(({ versions }) => versions.machine).join('; ')} |`,
    '| --- | --- |',
    `| Node.js | ${all(({ versions }) => versions.node).join(', ')} |`,
    `| databases | ${all(({ versions }) => versions.database).join('; ')} |`,
    `| an answer of Pulseboard's comes | ${all((result) => (isOurs(result.system) ? result.durability : ''))
      .filter(Boolean)
      .join('; ')} |`,
    `| measured on | ${days.length > 1 ? `${days[0]} to ${days.at(-1)}` : (days[0] ?? 'no day yet')} |`,
  ].join('\n');
}
