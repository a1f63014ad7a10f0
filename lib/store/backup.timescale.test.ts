import { inject } from 'vitest';
import { findTimescaleBinaries } from '@/test/support/timescale-binaries';
import { backupCases } from './case/backup.case.test';
import { engineUnderTest } from './case/engine-under-test';
import type { Binaries } from './embedded/binaries';

// The embedded PostgreSQL comes without `pg_dump`: where there is a server with TimescaleDB, there are its programs.
for (const name of ['postgres', 'timescale'] as const)
  backupCases(engineUnderTest(name, inject('timescaleUrl')), findTimescaleBinaries() as Binaries);
