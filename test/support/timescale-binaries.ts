import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Binaries } from '../../lib/store/embedded/binaries';

/** Debian's PostgreSQL packages, one folder a version. */
const DEBIAN = '/usr/lib/postgresql';

/** The programs of a PostgreSQL on this machine that has the TimescaleDB extension; null where there is none. */
export function findTimescaleBinaries(): Binaries | null {
  for (const pgConfig of pgConfigs()) {
    const ask = (what: string) => execFileSync(pgConfig, [what], { encoding: 'utf8' }).trim();
    if (!existsSync(join(ask('--sharedir'), 'extension', 'timescaledb.control'))) continue;
    const folder = ask('--bindir');
    const program = (name: string) => join(folder, name);
    if (!existsSync(program('initdb'))) continue;
    const major = Number.parseInt(ask('--version').replace(/^\D+/, ''), 10);
    return { initdb: program('initdb'), postgres: program('postgres'), pgCtl: program('pg_ctl'), major };
  }
  return null;
}

function pgConfigs(): string[] {
  const onPath = (process.env.PATH ?? '').split(':').map((folder) => join(folder, 'pg_config'));
  const ofDebian = existsSync(DEBIAN)
    ? readdirSync(DEBIAN).map((version) => join(DEBIAN, version, 'bin', 'pg_config'))
    : [];
  return [...onPath, ...ofDebian].filter((path) => existsSync(path));
}
