import { execFileSync } from 'node:child_process';
import { afterEach, expect, test, vi } from 'vitest';
import { childEnv } from './child-env.mjs';

afterEach(() => vi.unstubAllEnvs());

const SECRETS = [
  'INGEST_KEYS',
  'DASHBOARD_PASSWORD',
  'SESSION_SECRET',
  'REDIS_URL',
  'DATABASE_URL',
  'PGPASSWORD',
];

test('a child knows where programs are, and nothing of our settings', () => {
  for (const name of [...SECRETS, 'A_SECRET_OF_TOMORROW']) vi.stubEnv(name, 'hunter2');
  vi.stubEnv('LC_TIME', 'C');
  const passed = execFileSync('env', { env: childEnv({ TZ: 'UTC' }), encoding: 'utf8' });
  expect(passed).not.toContain('hunter2');
  expect(passed.split('\n')).toEqual(
    expect.arrayContaining([`PATH=${process.env.PATH}`, 'LC_TIME=C', 'TZ=UTC']),
  );
});
