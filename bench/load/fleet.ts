import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { decodeFromCompressedBase64, type Histogram } from 'hdr-histogram-js';
import type { Scenario } from './scenarios';
import { emptyHistogram, type Report } from './tally';
import type { Target } from './transports/transport';
import type { Crew, Order, Run } from './worker';

/** What all generator processes measured together. */
export interface FleetReport extends Omit<Report, 'latencies' | 'lateness'> {
  latencies: Histogram;
  lateness: Histogram;
}

export interface Fleet {
  readonly senders: number;
  readonly samplesPerMessage: number;
  run(plan: Run): Promise<FleetReport>;
  close(): Promise<void>;
}

/**
 * Starts the generator's processes and opens a connection for every sender, each to a target by chance.
 *
 * @param program the bundled `worker.ts`
 * @throws Error when a connection cannot be opened: a benchmark with holes is none
 */
export async function openFleet(
  program: string,
  { transport, format, serversPerSender }: Scenario,
  { servers, targets, processes }: { servers: number; targets: readonly Target[]; processes: number },
): Promise<Fleet> {
  const hosts = Array.from({ length: servers }, (_, i) => `web-${String(i).padStart(5, '0')}`);
  const senders: Crew['senders'][number][] = [];
  for (let i = 0; i < servers; i += serversPerSender)
    senders.push({
      target: targets[Math.floor(Math.random() * targets.length)],
      hosts: hosts.slice(i, i + serversPerSender),
    });
  const crews = Array.from({ length: Math.min(processes, senders.length) }, (_, number) => ({
    transport,
    format,
    senders: senders.filter((_sender, i) => i % processes === number),
  }));
  const workers = crews.map(() => fork(program));
  const close = async () => {
    for (const worker of workers) if (worker.connected) worker.send('close' satisfies Order);
    await Promise.all(workers.map(ended));
  };
  const ask = (ofWorker: (number: number) => Order) =>
    Promise.all(workers.map((worker, number) => answerOf(worker, ofWorker(number))));
  try {
    await ask((number) => ({ open: crews[number] }));
  } catch (error) {
    await close();
    throw error;
  }
  return {
    senders: senders.length,
    samplesPerMessage: 10 * serversPerSender,
    async run(plan) {
      const own = plan.pace === 'once' ? { ...plan, atATime: Math.ceil(plan.atATime / crews.length) } : plan;
      return merge((await ask(() => ({ run: own }))) as Report[]);
    },
    close,
  };
}

async function answerOf(worker: ChildProcess, order: Order): Promise<unknown> {
  const over = new AbortController();
  const { signal } = over;
  const gone = once(worker, 'exit', { signal }).then(() => {
    throw new Error('A process of the load generator ended before its time.');
  });
  const answer = once(worker, 'message', { signal });
  worker.send(order);
  try {
    const [message] = await Promise.race([answer, gone]);
    return message;
  } finally {
    over.abort();
    await Promise.allSettled([answer, gone]);
  }
}

async function ended(worker: ChildProcess): Promise<void> {
  if (worker.exitCode === null && worker.signalCode === null) await once(worker, 'exit');
}

function merge(reports: Report[]): FleetReport {
  const sum = (pick: (report: Report) => number) =>
    reports.reduce((total, report) => total + pick(report), 0);
  const errors: Record<string, number> = {};
  for (const report of reports)
    for (const [what, count] of Object.entries(report.errors)) errors[what] = (errors[what] ?? 0) + count;
  const together = (pick: (report: Report) => string) => {
    const all = emptyHistogram();
    for (const report of reports) all.add(decodeFromCompressedBase64(pick(report), 32, false));
    return all;
  };
  return {
    sent: sum((report) => report.sent),
    answered: sum((report) => report.answered),
    answeredInTime: sum((report) => report.answeredInTime),
    acknowledged: {
      samples: sum((report) => report.acknowledged.samples),
      hundredths: sum((report) => report.acknowledged.hundredths),
    },
    duplicates: sum((report) => report.duplicates),
    errors,
    latencies: together((report) => report.latencies),
    lateness: together((report) => report.lateness),
    bytesSent: sum((report) => report.bytesSent),
    bytesReceived: sum((report) => report.bytesReceived),
    cpuSeconds: sum((report) => report.cpuSeconds),
  };
}
