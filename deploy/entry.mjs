import { readFileSync } from 'node:fs';

// The image's process. Secrets come as files, which neither `docker inspect` nor a child's environment shows:
// NAME_FILE=/run/secrets/name sets NAME, and DATABASE_PASSWORD goes into DATABASE_URL.

// By name, because other programs have variables that end so, too.
const SECRETS = [
  'DATABASE_URL',
  'DATABASE_PASSWORD',
  'DATABASE_READ_URL',
  'REDIS_URL',
  'UPSTASH_REDIS_REST_TOKEN',
  'INGEST_KEYS',
  'DASHBOARD_PASSWORD',
];
for (const name of SECRETS) {
  const path = process.env[`${name}_FILE`];
  if (path) process.env[name] = readFileSync(path, 'utf8').trim();
}

const { DATABASE_URL, DATABASE_PASSWORD } = process.env;
if (DATABASE_URL && DATABASE_PASSWORD) {
  const url = new URL(DATABASE_URL);
  url.password = encodeURIComponent(DATABASE_PASSWORD);
  process.env.DATABASE_URL = url.toString();
  delete process.env.DATABASE_PASSWORD;
}

await import('../dist/server.js');
