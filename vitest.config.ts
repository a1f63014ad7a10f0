import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { configDefaults, defineConfig } from 'vitest/config';
import { missingSenders } from './test/support/programs';
import { findTimescaleBinaries } from './test/support/timescale-binaries';

export default defineConfig({
  resolve: {
    alias: {
      '@': fileURLToPath(new URL('.', import.meta.url)),
      // Next.js resolves this name itself; outside of it, it is an empty module.
      'server-only': fileURLToPath(
        new URL('node_modules/next/dist/compiled/server-only/empty.js', import.meta.url),
      ),
    },
  },
  test: {
    // One PostgreSQL server for the run, and one with TimescaleDB where the machine has it; a file asks for a
    // database of its own (test/support/postgres.ts).
    globalSetup: [
      'test/support/postgres-cluster.ts',
      'test/support/timescale-cluster.ts',
      'test/support/senders.ts',
    ],
    include: ['**/*.test.{ts,tsx}'],
    // A `*.case.test.ts` is a suite that the tests of each implementation call.
    exclude: [
      ...configDefaults.exclude,
      '.next/**',
      'dist/**',
      'e2e/**',
      '**/*.case.test.ts',
      // Without the extension these are not there, rather than there and skipped (test/support/timescale-cluster.ts).
      ...(findTimescaleBinaries() ? [] : ['**/*.timescale.test.ts']),
      // The same for programs of others that send to us (test/support/senders.ts).
      ...missingSenders().map((name) => `**/*.${name}.test.ts`),
    ],
    // Most tests talk to real processes and databases, on a machine that may be busy.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Tests mostly wait, for databases, processes and clocks: more of them at once than there are cores.
    maxWorkers: Math.max(3, availableParallelism()),
  },
});
