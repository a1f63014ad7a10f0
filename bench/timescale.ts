import { parseEnv } from '../lib/env';
import { alignDown } from '../lib/model/points';
import { HOUR } from '../lib/model/time/duration';
import { connect } from '../lib/store/connection';
import { type OpenStore, openStore } from '../lib/store/open';
import type { Engine } from '../lib/store/store';
import { findTimescaleBinaries } from '../test/support/timescale-binaries';
import { startTimescaleServer } from '../test/support/timescale-server';
import { printTable } from './support/report';
import { measureAppends } from './timescale/appends';
import { measureDisk } from './timescale/disk';
import { measureHistory } from './timescale/history';

/**
 * The two engines side by side on one server, with the same durability: how many samples a second they commit;
 * then, on TimescaleDB, how quickly long ranges are answered and what a sample takes on disk.
 */
async function main(): Promise<void> {
  const binaries = findTimescaleBinaries();
  if (!binaries) {
    console.log('timescale: skipped, extension not installed');
    return;
  }
  const server = await startTimescaleServer(binaries);
  const stores: Partial<Record<Engine, OpenStore>> = {};
  try {
    for (const engine of ['postgres', 'timescale'] as const)
      stores[engine] = await openStore(
        parseEnv({
          DATABASE_URL: await makeDatabase(server.url, `bench_${engine}`),
          STORE_ENGINE: engine,
          RETENTION_RAW: '7d',
        }),
        () => {},
      );
    const { postgres, timescale } = stores as Record<Engine, OpenStore>;
    const now = alignDown(Date.now(), HOUR);
    const rows = await measureAppends(postgres.store, timescale.store, now);
    rows.push(...(await measureDisk(timescale.store, databaseOf(server.url, 'bench_timescale'), now)));
    rows.push(...(await measureHistory(timescale.store, databaseOf(server.url, 'bench_timescale'), now)));
    printTable('TimescaleDB', rows);
  } finally {
    await Promise.all(Object.values(stores).map(({ close }) => close()));
    await server.close();
  }
}

async function makeDatabase(server: string, name: string): Promise<string> {
  const { sql } = connect(server, {});
  await sql`create database ${sql(name)}`;
  await sql.end();
  return databaseOf(server, name);
}

function databaseOf(server: string, name: string): string {
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.toString();
}

await main();
