import type { Row } from '../support/added-rows';

/** All that is said to the product of what this folder has: a line each. */
export const ROWS: Row[] = [
  { table: 'lib/api/ingest/endpoints.ts', name: 'packedEndpoint', from: 'test/seams/packed' },
  { table: 'lib/api/ingest/endpoints.ts', name: 'pushEndpoint', from: 'test/seams/push' },
  { table: 'lib/server/upgrade-endpoints.ts', name: 'linesUpgrade', from: 'test/seams/lines-upgrade' },
  { table: 'lib/server/listeners.ts', name: 'linesListener', from: 'test/seams/lines-listener' },
];
/** Who may do what, in the tests of this folder. */
export const SETTINGS = {
  INGEST_KEYS: 'sender:secret,slow:slow-secret',
  RATE_LIMIT: 'off,slow=2',
  DASHBOARD_PASSWORD: 'open sesame',
  SESSION_SECRET: 's'.repeat(40),
  ALLOWED_HOSTS: 'pulse.lan',
};
