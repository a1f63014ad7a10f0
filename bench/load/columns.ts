import { milliseconds, whole } from '../support/report';
import { isExact, type Result } from './result';

type Column = [head: string, cell: (result: Result) => string];

export const COLUMNS = {
  system: ['engine', ({ system }) => systemName(system)],
  scenario: ['scenario', ({ scenario }) => `\`${scenario}\``],
  nodes: ['nodes', ({ nodes }) => String(nodes)],
  bus: ['bus', ({ bus }) => bus ?? ''],
  servers: ['servers', ({ servers }) => whole(servers)],
  viewers: ['viewers', ({ viewers }) => whole(viewers)],
  rate: ['messages/s', ({ answered }) => whole(answered)],
  samples: ['samples/s', ({ samplesPerSecond }) => whole(samplesPerSecond)],
  mean: ['average', ({ ack }) => milliseconds(ack.mean)],
  p50: ['p50', ({ ack }) => milliseconds(ack.p50)],
  p95: ['p95', ({ ack }) => milliseconds(ack.p95)],
  p99: ['p99', ({ ack }) => milliseconds(ack.p99)],
  max: ['max', ({ ack }) => milliseconds(ack.max)],
  event50: ['POST to event p50', ({ event }) => (event ? milliseconds(event.p50) : '')],
  event99: ['POST to event p99', ({ event }) => (event ? milliseconds(event.p99) : '')],
  cores: [
    'cores: server / database / Redis / generator',
    ({ cores }) => figures(cores.server, cores.database, cores.redis, cores.generator),
  ],
  perCpu: ['samples per CPU-second', ({ samplesPerCpuSecond }) => whole(samplesPerCpuSecond)],
  memory: [
    'memory at most: server / database',
    ({ memory }) => `${mebibytes(memory.serverPeak)} / ${mebibytes(memory.database)}`,
  ],
  wire: [
    'bytes a sample: there / back',
    ({ wirePerSample }) => figures(wirePerSample.sent, wirePerSample.received),
  ],
  disk: ['on disk: tables / log', ({ diskPerSample }) => figures(diskPerSample.tables, diskPerSample.wal)],
  durability: ['an answer comes', ({ durability }) => durability],
  errors: ['errors', ({ errors }) => whole(Object.values(errors).reduce((sum, count) => sum + count, 0))],
  lost: ['lost', (result) => `${whole(result.lost)}${isRight(result) ? '' : ' ✗'}`],
  wrk: ['messages/s of `wrk`', ({ wrk }) => (wrk ? whole(wrk.perSecond) : '')],
  speed: ['bodies a core parses/s', ({ versions }) => whole(versions.coreSpeed ?? 0)],
  late: ['generator late by, p99', ({ generatorLateP99 }) => milliseconds(generatorLateP99)],
} satisfies Record<string, Column>;

/** Results as a Markdown table of these columns. */
export function table(results: readonly Result[], columns: ReadonlyArray<keyof typeof COLUMNS>): string {
  if (results.length === 0) return 'Not measured yet.';
  const heads = columns.map((name) => COLUMNS[name][0]);
  const rows = results.map((result) => columns.map((name) => COLUMNS[name][1](result)));
  const lines = [heads, heads.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
  return lines.join('\n');
}

export function isOurs(system: Result['system']): boolean {
  return system === 'postgres' || system === 'timescale';
}

/** Of a message that was refused, some samples may be stored. */
function isRight(result: Result): boolean {
  return isExact(result) || (result.lost === 0 && Object.keys(result.errors).length > 0);
}

const NAMES = {
  postgres: 'postgres',
  timescale: 'timescale',
  influxdb: 'InfluxDB',
  'victoria-metrics': 'VictoriaMetrics',
};

export function systemName(system: Result['system']): string {
  return NAMES[system];
}

function figures(...numbers: number[]): string {
  return numbers.map((each) => (each < 10 ? each.toFixed(2) : each.toFixed(0))).join(' / ');
}

function mebibytes(bytes: number): string {
  return `${whole(bytes / 2 ** 20)} MiB`;
}
