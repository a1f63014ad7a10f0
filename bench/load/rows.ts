import { milliseconds, type Row, row, whole } from '../support/report';
import { isExact, type Result } from './result';

/** A result as a table for the terminal. */
export function rowsOf(result: Result): Row[] {
  const { ack, event, cores, memory, wirePerSample, diskPerSample } = result;
  const errors = Object.entries(result.errors).map(([what, count]) => `${whole(count)} × ${what}`);
  return [
    row(
      'messages/s',
      `${whole(result.answered)}${result.offered === null ? '' : ` of ${whole(result.offered)} due`}`,
    ),
    ...(result.wrk
      ? [row('messages/s of wrk', `${whole(result.wrk.perSecond)}, ${result.wrk.errors} errors`)]
      : []),
    row('samples/s', whole(result.samplesPerSecond)),
    row(
      'acknowledged after: mean / p50 / p95 / p99 / max',
      [ack.mean, ack.p50, ack.p95, ack.p99, ack.max].map(milliseconds).join(' / '),
    ),
    ...(event
      ? [
          row(
            'from POST to event: p50 / p99 / max',
            [event.p50, event.p99, event.max].map(milliseconds).join(' / '),
          ),
        ]
      : []),
    row(
      'cores: server / database / Redis / generator',
      [cores.server, cores.database, cores.redis, cores.generator].map((each) => each.toFixed(2)).join(' / '),
    ),
    row('samples per CPU-second of server and database', whole(result.samplesPerCpuSecond)),
    row(
      'memory: servers / at most / database',
      [memory.server, memory.serverPeak, memory.database]
        .map((bytes) => `${whole(bytes / 2 ** 20)} MiB`)
        .join(' / '),
    ),
    row('bytes a sample on the wire: there / back', bytes(wirePerSample.sent, wirePerSample.received)),
    row('bytes a sample on disk: tables / log', bytes(diskPerSample.tables, diskPerSample.wal)),
    row('the generator itself was late by, p99', milliseconds(result.generatorLateP99)),
    row('errors', errors.join(', ') || 'none'),
    {
      what: 'samples stored',
      value: whole(result.stored.samples),
      goal: `${whole(result.acknowledged.samples)}, what was acknowledged, with the same sum`,
      isMet: isExact(result),
    },
  ];
}

function bytes(...sizes: number[]): string {
  return sizes.map((size) => size.toFixed(1)).join(' / ');
}
