import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Place } from '@/lib/model/protocols/protocol';
import { PROTOCOLS, type ProtocolId } from '@/lib/model/protocols/protocols';
import { type Heard, listenForClients } from './heard';
import { createTestDatabase, type TestDatabase } from './postgres';
import { freePort } from './processes';
import { type ServerProcess, startBareNode } from './server-process';

/** A server with a key, and what its page `/connect` says to paste. */
export interface PasteScene {
  readonly database: TestDatabase;
  readonly server: ServerProcess;
  readonly heard: Heard;
  readonly place: Place;
  /** The text of a config whose title begins so. */
  config(id: ProtocolId, title: string): string;
  close(): Promise<void>;
}

export const PASTED_KEY = 'sec-ret+1/2=';

export async function openPasteScene(env: Record<string, string> = {}): Promise<PasteScene> {
  const database = await createTestDatabase();
  const ports = { STATSD_PORT: await freePort(), GRAPHITE_PORT: await freePort() };
  const server = await startBareNode({
    DATABASE_URL: database.url,
    INGEST_KEYS: `pasted:${PASTED_KEY}`,
    DASHBOARD_PASSWORD: 'x',
    STATSD_PORT: String(ports.STATSD_PORT),
    GRAPHITE_PORT: String(ports.GRAPHITE_PORT),
    ...env,
  });
  const heard = listenForClients(server.url, 'x');
  const place = { origin: server.url, key: PASTED_KEY, ports };
  return {
    database,
    server,
    heard,
    place,
    config(id, title) {
      const found = PROTOCOLS[id].configs.find((each) => each.title.startsWith(title));
      if (!found) throw new Error(`${id} has nothing to paste that is called ${title}.`);
      return found.text(place);
    },
    async close() {
      heard.close();
      await server.stop();
      await database.drop();
    },
  };
}

const run = promisify(execFile);

/** Types it into a shell. Rejects when it fails. */
export async function typeInShell(text: string): Promise<string> {
  const { stdout, stderr } = await run('bash', ['-e', '-c', text], { timeout: 60_000 });
  return stdout + stderr;
}

/** Runs it as a program that has the packages of this project. Rejects when it fails. */
export async function runInNode(text: string, env: Record<string, string> = {}): Promise<string> {
  const { stdout, stderr } = await run(process.execPath, ['--input-type=module', '-e', text], {
    timeout: 60_000,
    env: { ...process.env, ...env },
  });
  return stdout + stderr;
}
