import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/postgres';
import { type ServerProcess, startBareNode } from '../support/server-process';
import { storedSeries } from '../support/stored-samples';

const run = promisify(execFile);

let database: TestDatabase;
let server: ServerProcess;
beforeAll(async () => {
  database = await createTestDatabase();
  server = await startBareNode({
    DATABASE_URL: database.url,
    INGEST_KEYS: 'shell:secret',
    DASHBOARD_PASSWORD: 'open sesame',
  });
});
afterAll(async () => {
  await server?.stop();
  await database?.drop();
});

const influx = (command: string, password = 'secret') => {
  const { hostname, port } = new URL(server.url);
  const address = ['-host', hostname, '-port', port, '-username', 'anybody', '-password', password];
  return run('influx', [...address, '-database', 'db1', '-execute', command]);
};

test('what is inserted in the shell of InfluxDB 1 is stored', async () => {
  const at = Date.now();
  await influx(`INSERT shell,host=a\\ b value=1.25,n=3i ${at}000000`);
  expect(await storedSeries(database.url, 'shell')).toEqual([
    { labels: { host: 'a b' }, samples: [[at, 1.25]] },
  ]);
  expect(await storedSeries(database.url, 'shell_n')).toEqual([
    { labels: { host: 'a b' }, samples: [[at, 3]] },
  ]);
});

test('what is wrong is shown in it', async () => {
  const told = async (answer: Promise<{ stdout: string; stderr: string }>) => {
    const { stdout, stderr } = await answer.catch((error: { stdout: string; stderr: string }) => error);
    return stdout + stderr;
  };
  expect(await told(influx('INSERT shell value=NaN'))).toContain('invalid number');
  expect(await told(influx('INSERT shell value=1', 'wrong'))).toContain('INGEST_KEYS');
});
