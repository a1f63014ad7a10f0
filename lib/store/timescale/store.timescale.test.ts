import { inject, vi } from 'vitest';
import { createTestDatabase } from '@/test/support/postgres';
import { parseEnv } from '../../env';
import { openStore } from '../open';
import { storeCases } from '../store.case.test';

// A refresh takes tens of milliseconds however little there is to do, and these cases ask for hundreds.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

storeCases({
  name: 'timescale',
  createDatabase: () => createTestDatabase(inject('timescaleUrl')),
  open: (url, settings) => openStore(parseEnv({ DATABASE_URL: url, ...settings }), () => {}),
});
