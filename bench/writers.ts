import { execFileSync } from 'node:child_process';
import { parseEnv } from '../lib/env';
import { openStore } from '../lib/store/open';
import { findTimescaleBinaries } from '../test/support/timescale-binaries';
import { startTimescaleServer } from '../test/support/timescale-server';
import { median, range } from './support/median';
import { atLeast, printTable, type Row, row, whole } from './support/report';
import { BATCH, IN_FLIGHT, SERIES, startWriter } from './writers/writer';

const ROUNDS = 2;
const MEASURE_MS = 3_000;
/** Of what one writer commits, in hundredths. */
const ON_THEIR_OWN_CORES = 150;
const ON_THE_SAME_CORES = 90;
const PERCENT = 100;

interface Setting {
  writers: number;
  cpus: string;
  /** Whether each host's samples come to another writer every time, as behind a balancer without sticky sessions. */
  dealt: boolean;
}

/**
 * One and two processes that append to one TimescaleDB: with the database on one core and on two, and with hosts that stay
 * with one process or change with every sample. `taskset` gives the cores.
 */
async function main(): Promise<void> {
  const binaries = findTimescaleBinaries();
  if (!binaries) {
    console.log('timescale: skipped, extension not installed');
    return;
  }
  const server = await startTimescaleServer(binaries);
  try {
    const { store, close } = await openStore(
      parseEnv({ DATABASE_URL: server.url, STORE_ENGINE: 'timescale' }),
      () => {},
    );
    await store.catalogue.ensure(
      range(SERIES).map((i) => ({
        metric: `append_${i % 10}`,
        labels: { host: `host-${Math.floor(i / 10)}` },
      })),
    );
    await close();
    const postmaster = await server.pid();
    const rateOf = async (setting: Setting) => {
      pin(postmaster, setting.cpus);
      return measure(server.url, setting);
    };
    const settings: Record<string, Setting> = {
      oneCore: { writers: 1, cpus: '0', dealt: false },
      twoCores: { writers: 1, cpus: '0,1', dealt: false },
      staying: { writers: 2, cpus: '0,1', dealt: false },
      dealt: { writers: 2, cpus: '0,1', dealt: true },
    };
    const rates = new Map(Object.keys(settings).map((name) => [name, [] as number[]]));
    // In turn, so that all have the same share of whatever else the machine does.
    for (const round of range(ROUNDS + 1))
      for (const [name, setting] of Object.entries(settings)) {
        const rate = await rateOf(setting);
        // The first one fills caches and makes chunks.
        if (round > 0) rates.get(name)!.push(rate);
      }
    const rate = Object.fromEntries([...rates].map(([name, each]) => [name, median(each)]));
    printTable('Writers', rowsOf(rate));
  } finally {
    await server.close();
  }
}

function rowsOf({ oneCore, twoCores, staying, dealt }: Record<string, number>): Row[] {
  const share = (what: string, rate: number, of: number, goal: number) =>
    atLeast(what, (rate / of) * PERCENT, goal, '%');
  return [
    row(
      `one writer, with the database on one core: ${whole(BATCH)} rows, ${IN_FLIGHT} in flight`,
      `${whole(oneCore)} rows/s`,
    ),
    row('one writer, on two cores', `${whole(twoCores)} rows/s`),
    row('two writers, on two cores, each host stays with one', `${whole(staying)} rows/s`),
    share('as a share of one writer on one core', staying, oneCore, ON_THEIR_OWN_CORES),
    share('as a share of one writer on two cores', staying, twoCores, ON_THE_SAME_CORES),
    row('two writers, on two cores, each sample to the other one', `${whole(dealt)} rows/s`),
    share('as a share of one writer on one core', dealt, oneCore, ON_THEIR_OWN_CORES),
    share('as a share of one writer on two cores', dealt, twoCores, ON_THE_SAME_CORES),
  ];
}

/** Moves all processes of the database to these cores; what they start stays there. */
function pin(postmaster: number, cpus: string): void {
  const children = execFileSync('ps', ['-o', 'pid=', '--ppid', String(postmaster)], { encoding: 'utf8' });
  for (const pid of [String(postmaster), ...children.split('\n')].map((each) => each.trim()).filter(Boolean))
    try {
      execFileSync('taskset', ['-a', '-c', '-p', cpus, pid], { stdio: 'ignore' });
    } catch {
      // It has ended since.
    }
}

async function measure(url: string, { writers, cpus, dealt }: Setting): Promise<number> {
  const start = Date.now();
  const all = await Promise.all(
    range(writers).map((index) => startWriter({ url, start, index, of: writers, dealt }, cpus)),
  );
  try {
    let rows = 0;
    const deadline = performance.now() + MEASURE_MS;
    const began = performance.now();
    // A host sends its next sample when the last one is stored.
    for (let turn = 0; performance.now() < deadline; turn++)
      for (const stored of await Promise.all(all.map((writer) => writer.append(turn)))) rows += stored;
    return (rows / (performance.now() - began)) * 1_000;
  } finally {
    await Promise.all(all.map((writer) => writer.close()));
  }
}

await main();
