import { inject } from 'vitest';
import { createTestDatabase } from '@/test/support/postgres';
import { findTimescaleBinaries } from '@/test/support/timescale-binaries';
import { parseEnv } from '../env';
import { backupCases } from './case/backup.case.test';
import type { Binaries } from './cluster/binaries';
import { openStore } from './open';

// The embedded PostgreSQL comes without `pg_dump`: where there is a server with TimescaleDB, there are its programs.
for (const name of ['postgres', 'timescale'] as const)
  backupCases(
    {
      name,
      createDatabase: () => createTestDatabase(inject('timescaleUrl')),
      open: (url, settings) =>
        openStore(parseEnv({ DATABASE_URL: url, STORE_ENGINE: name, ...settings }), () => {}),
    },
    findTimescaleBinaries() as Binaries,
  );
