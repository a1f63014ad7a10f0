import { join } from 'node:path';
import { type Connection, connect } from '../../lib/store/connection';
import { findPlace, readPassword, SUPERUSER } from '../../lib/store/embedded/folder';
import { findPostmaster, SOCKET_PORT } from '../../lib/store/embedded/postmaster';

/** A look past the servers into their database. */
export type BenchDatabase = ReturnType<typeof lookInto>;

/** A look past the server into the embedded database it runs in this data folder. */
export async function openDatabase(dataDir: string): Promise<BenchDatabase> {
  const { folder } = await findPlace(dataDir);
  const postmaster = await findPostmaster(folder);
  if (!postmaster) throw new Error(`No database runs in ${folder}.`);
  const { listen, pid } = postmaster;
  const login = { user: SUPERUSER, database: 'pulseboard' };
  return lookInto(
    'tcpPort' in listen
      ? { host: '127.0.0.1', port: listen.tcpPort, password: await readPassword(folder), ...login }
      : { path: join(listen.socketFolder, `.s.PGSQL.${SOCKET_PORT}`), ...login },
    pid,
  );
}

/** @param pid of the postmaster */
export function lookInto(connection: Connection, pid: number) {
  const { sql } = connect(connection, {});
  return {
    /** The postmaster's process id. */
    pid,
    sql,
    async countSamples(): Promise<number> {
      const [{ count }] = await sql`select count(*)::float8 as count from samples`;
      return count;
    },
    /** How many samples are stored, and the sum of their values in hundredths. */
    async sumSamples(except: string): Promise<{ samples: number; hundredths: number }> {
      const [sums] = await sql`
        select count(*)::float8 as samples, coalesce(sum(round(value * 100)), 0)::float8 as hundredths from samples
        where series_id not in (select s.id from series s join metrics m on m.id = s.metric_id where m.name = ${except})`;
      return { samples: sums.samples, hundredths: sums.hundredths };
    },
    /** What the data takes now, and how much WAL was written since the server was made; bytes. */
    async size(): Promise<{ tables: number; wal: number }> {
      const [sizes] = await sql`
        select pg_database_size(current_database())::float8 as tables,
          pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::float8 as wal`;
      return { tables: sizes.tables, wal: sizes.wal };
    },
    async versions(): Promise<{ postgres: string; timescale: string | null; durability: string }> {
      const [row] = await sql`
        select current_setting('server_version') as postgres,
          (select extversion from pg_extension where extname = 'timescaledb') as timescale,
          (select string_agg(name || '=' || setting, ', ' order by name) from pg_settings
           where name in ('fsync', 'synchronous_commit', 'full_page_writes')) as durability`;
      return { postgres: row.postgres, timescale: row.timescale, durability: row.durability };
    },
    close: () => sql.end(),
  };
}
