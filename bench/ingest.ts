import { openDatabase } from './support/database';
import { startGenerator } from './support/generator';
import { type LoadResult, type LoadRun, SAMPLES_PER_POST } from './support/load';
import { databaseCpuSeconds, usageOf } from './support/processes';
import { atLeast, below, milliseconds, printTable, type Row, whole } from './support/report';
import { startServer } from './support/server';

/**
 * How many POSTs of 10 samples one server takes with its database and the generator on the same machine. Every
 * connection waits for its answer before it posts again, an answer comes after the commit, and at the end the rows in
 * the database are counted against what was acknowledged.
 */
const HOSTS = 8_000;
const CONNECTIONS = 384;
const GOAL = { postsPerSecond: 8_000, p99Ms: 150 };
const WARM_UP_MS = 5_000;
const RUN_MS = 20_000;

async function main(): Promise<void> {
  const server = await startServer();
  const database = await openDatabase(server.dataDir);
  const generator = await startGenerator({ port: server.port, connections: CONNECTIONS, hosts: HOSTS });
  const rows: Row[] = [];
  let acknowledged = 0;

  async function run(plan: LoadRun): Promise<LoadResult & { serverCpu: number; databaseCpu: number }> {
    const before = { server: usageOf(server.pid).cpuSeconds, database: databaseCpuSeconds(database.pid) };
    const result = await generator.run(plan);
    acknowledged += result.accepted - result.duplicates;
    return {
      ...result,
      serverCpu: usageOf(server.pid).cpuSeconds - before.server,
      databaseCpu: databaseCpuSeconds(database.pid) - before.database,
    };
  }

  try {
    console.log(`${HOSTS} hosts introduce themselves over ${CONNECTIONS} connections …`);
    const introduction = await run({ mode: 'introduce' });
    console.log(
      `${whole(HOSTS * SAMPLES_PER_POST)} series made in ${introduction.seconds.toFixed(1)} s; warming up …`,
    );
    await run({ mode: 'closed', durationMs: WARM_UP_MS });

    console.log(`As much as goes through, ${RUN_MS / 1_000} s …`);
    const most = await run({ mode: 'closed', durationMs: RUN_MS });
    rows.push(
      atLeast('POST/s of 10 samples, answered after the commit', rate(most), GOAL.postsPerSecond, '/s'),
      { what: 'samples/s', value: whole(rate(most) * SAMPLES_PER_POST) },
      { what: 'p50 at that load', value: milliseconds(most.latencies.p50) },
      below('p99 at that load', most.latencies.p99, GOAL.p99Ms),
      { what: 'slowest answer', value: milliseconds(most.latencies.max) },
      { what: 'cores used: server / database / generator', value: cores(most) },
    );

    console.log(`A steady ${whole(GOAL.postsPerSecond)} POST/s, ${RUN_MS / 1_000} s …`);
    const steady = await run({ mode: 'open', durationMs: RUN_MS, postsPerSecond: GOAL.postsPerSecond });
    rows.push(
      { what: `POST/s at a steady ${whole(GOAL.postsPerSecond)}/s`, value: whole(rate(steady)) },
      { what: 'p50 from the moment a post was due', value: milliseconds(steady.latencies.p50) },
      below('p99 from the moment a post was due', steady.latencies.p99, GOAL.p99Ms),
      { what: 'cores used: server / database / generator', value: cores(steady) },
      { what: 'memory of the server', value: `${whole(usageOf(server.pid).rssBytes / 2 ** 20)} MiB` },
      refusals([introduction, most, steady]),
      await verify(database, acknowledged),
    );
  } finally {
    generator.close();
    await database.close();
    await server.close();
  }
  printTable('Ingest', rows);
}

function rate({ posts, seconds }: LoadResult): number {
  return posts / seconds;
}

function cores(result: LoadResult & { serverCpu: number; databaseCpu: number }): string {
  return [result.serverCpu, result.databaseCpu, result.cpuSeconds]
    .map((cpuSeconds) => (cpuSeconds / result.seconds).toFixed(2))
    .join(' / ');
}

function refusals(results: LoadResult[]): Row {
  const refused = results.flatMap((result) => Object.entries(result.refused));
  const value = refused.map(([status, count]) => `${whole(count)} × ${status}`).join(', ') || 'none';
  return { what: 'answers other than 200', value, goal: 'none', isMet: refused.length === 0 };
}

async function verify(database: { countSamples(): Promise<number> }, acknowledged: number): Promise<Row> {
  const stored = await database.countSamples();
  return {
    what: 'rows in the database',
    value: whole(stored),
    goal: `${whole(acknowledged)}, all that was acknowledged`,
    isMet: stored === acknowledged,
  };
}

await main();
