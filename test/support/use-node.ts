import { afterAll, beforeAll } from 'vitest';
import { createTestDatabase, type TestDatabase } from './postgres';
import { type ServerEnv, type ServerProcess, startBareNode } from './server-process';
import { startTcpProxy, type TcpProxy } from './tcp-proxy';

/** A sender (key `secret`), one that may send once a minute (`slow-secret`), and viewers who sign in. */
export const GUARDED: ServerEnv = {
  INGEST_KEYS: 'sender:secret,slow:slow-secret',
  DASHBOARD_PASSWORD: 'open sesame',
  RATE_LIMIT: 'off,slow=1',
};

/** The node of a test file, without pages, on a database of its own and behind a wire that can be cut. */
export function useNode(settings: ServerEnv = {}) {
  let database: TestDatabase;
  let wire: TcpProxy;
  let server: ServerProcess;

  async function start(): Promise<void> {
    const url = new URL(database.url);
    url.port = String(wire.port);
    server = await startBareNode({ DATABASE_URL: url.href, ...settings });
  }
  beforeAll(async () => {
    database = await createTestDatabase();
    wire = await startTcpProxy(Number(new URL(database.url).port));
    await start();
  });
  afterAll(async () => {
    wire?.heal();
    await server?.stop();
    await wire?.close();
    await database?.drop();
  });
  return {
    /** Of the database itself, without the wire. */
    get databaseUrl() {
      return database.url;
    },
    get wire() {
      return wire;
    },
    get server() {
      return server;
    },
    get url() {
      return server.url;
    },
    /** Starts it again. */
    start,
  };
}
