import { join } from 'node:path';
import { connect } from '../../lib/store/connection';
import { findPlace, readPassword, SUPERUSER } from '../../lib/store/embedded/folder';
import { findPostmaster, SOCKET_PORT } from '../../lib/store/embedded/postmaster';

/** A look past the server into the embedded database it runs in this data folder. */
export async function openDatabase(dataDir: string) {
  const { folder } = await findPlace(dataDir);
  const postmaster = await findPostmaster(folder);
  if (!postmaster) throw new Error(`No database runs in ${folder}.`);
  const { listen, pid } = postmaster;
  const login = { user: SUPERUSER, database: 'pulseboard' };
  const { sql } = connect(
    'tcpPort' in listen
      ? { host: '127.0.0.1', port: listen.tcpPort, password: await readPassword(folder), ...login }
      : { path: join(listen.socketFolder, `.s.PGSQL.${SOCKET_PORT}`), ...login },
    {},
  );
  return {
    /** The postmaster's process id. */
    pid,
    sql,
    async countSamples(): Promise<number> {
      const [{ count }] = await sql`select count(*)::float8 as count from samples`;
      return count;
    },
    close: () => sql.end(),
  };
}
