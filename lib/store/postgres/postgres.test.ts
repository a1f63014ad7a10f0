import { createTestDatabase } from '@/test/support/postgres';
import { parseEnv } from '../../env';
import { openStore } from '../open';
import { storeCases } from '../store.case.test';

storeCases({
  name: 'postgres',
  createDatabase: createTestDatabase,
  open: (url, settings = {}) =>
    openStore(parseEnv({ DATABASE_URL: url, STORE_ENGINE: 'postgres', ...settings }), () => {}),
});
