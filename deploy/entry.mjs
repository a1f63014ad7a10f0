import { readFileSync } from 'node:fs';

// The image's process. Secrets come as files, which neither `docker inspect` nor a child's environment shows:
// NAME_FILE=/run/secrets/name sets NAME, and DATABASE_PASSWORD goes into DATABASE_URL.

for (const [name, path] of Object.entries(process.env)) {
  if (!name.endsWith('_FILE') || !path) continue;
  process.env[name.slice(0, -'_FILE'.length)] = readFileSync(path, 'utf8').trim();
  delete process.env[name];
}

const { DATABASE_URL, DATABASE_PASSWORD } = process.env;
if (DATABASE_URL && DATABASE_PASSWORD) {
  const url = new URL(DATABASE_URL);
  url.password = encodeURIComponent(DATABASE_PASSWORD);
  process.env.DATABASE_URL = url.toString();
  delete process.env.DATABASE_PASSWORD;
}

await import('../dist/server.js');
