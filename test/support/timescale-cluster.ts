import type { TestProject } from 'vitest/node';
import { findTimescaleBinaries } from './timescale-binaries';
import { startTimescaleServer } from './timescale-server';

declare module 'vitest' {
  interface ProvidedContext {
    /** A throw-away PostgreSQL server that has TimescaleDB, as its superuser; empty where the machine has none. */
    timescaleUrl: string;
  }
}

/**
 * One server with TimescaleDB for a whole test run, wherever the machine has the extension; elsewhere the tests
 * that need it are not there, which is said, and an error with REQUIRE_TIMESCALE=1.
 */
export default async function startTimescale(
  project: TestProject,
): Promise<(() => Promise<void>) | undefined> {
  const binaries = findTimescaleBinaries();
  if (!binaries) {
    if (process.env.REQUIRE_TIMESCALE === '1')
      throw new Error(
        'REQUIRE_TIMESCALE is 1, but no PostgreSQL on this machine has the timescaledb extension.',
      );
    console.log('timescale: skipped, extension not installed');
    project.provide('timescaleUrl', '');
    return undefined;
  }
  // It does not survive a crash of the machine, which these tests do not need; those that do start their own.
  const { url, close } = await startTimescaleServer(binaries, {
    shared_buffers: '128MB',
    max_connections: '200',
    fsync: 'off',
    synchronous_commit: 'off',
  });
  project.provide('timescaleUrl', url);
  return close;
}
