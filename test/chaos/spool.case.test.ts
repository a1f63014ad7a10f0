import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Engine } from '@/lib/store/store';
import { type KillablePostgres, startKillablePostgres } from '../support/killable-postgres';
import { until } from '../support/processes';
import { figureOf, rest, Scene } from '../support/scene';
import { type ServerProcess, startBareNode } from '../support/server-process';
import { filesOf, flip } from '../support/spool-files';
import { storedSamples } from '../support/stored-samples';

/** A node with a spool: agents are answered while the database is away. */
export function spoolChaos(engine: Engine): void {
  let database: KillablePostgres;
  let folder: string;
  let node: ServerProcess;
  let scene: Scene;

  const WAITING = 'pulseboard_spool_bytes';
  const startNode = () =>
    startBareNode({ DATABASE_URL: database.url, STORE_ENGINE: engine, SPOOL_DIR: join(folder, 'spool') });

  beforeAll(async () => {
    database = await startKillablePostgres(engine);
    folder = mkdtempSync(join(tmpdir(), 'pulseboard-spool-'));
    node = await startNode();
    scene = new Scene({ databaseUrl: database.url, nodes: [node] });
    await scene.open();
  });

  afterAll(async () => {
    await scene?.close();
    await database?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const CASE_MS = 150_000;

  test(
    'while the database is away agents are answered, and afterwards everything is in it, once',
    async () => {
      await database.kill();
      await until(async () => expect(await figureOf(node.url, WAITING)).toBeGreaterThan(0));
      const { size } = scene.load.acknowledged;
      await until(() => expect(scene.load.acknowledged.size).toBeGreaterThan(size + 60));
      await database.start();
      await until(async () => expect(await figureOf(node.url, WAITING)).toBe(0), 60_000);
      await scene.expectTruth();
    },
    CASE_MS,
  );

  test(
    'the node is killed with kill -9 while samples wait on its disk',
    async () => {
      await scene.goOn();
      await database.kill();
      await until(async () => expect(await figureOf(node.url, WAITING)).toBeGreaterThan(2_000));
      node.signal('SIGKILL');
      await node.exited;
      await database.start();
      node = await startNode();
      scene.nodes.splice(0, 1, node);
      await until(async () => expect(await figureOf(node.url, WAITING)).toBe(0), 60_000);
      await rest(1_000);
      await scene.expectTruth();
    },
    CASE_MS,
  );

  test(
    'the disk of the spool is full: refused, and nothing acknowledged is lost',
    async () => {
      await scene.goOn();
      // No file of that process may grow beyond so much, as on a full disk: writing fails.
      execFileSync('prlimit', ['--pid', String(node.pid), '--fsize=3000:unlimited']);
      await database.kill();
      await until(async () => expect(await figureOf(node.url, WAITING)).toBeGreaterThan(0));
      await until(async () => {
        const response = await fetch(`${node.url}/api/metrics`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(
            Array.from({ length: 100 }, (_, i) => ({ name: 'big', labels: { i: `${i}` }, value: i })),
          ),
        });
        expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1']);
      });
      execFileSync('prlimit', ['--pid', String(node.pid), '--fsize=unlimited:unlimited']);
      await database.start();
      await until(async () => expect(await figureOf(node.url, WAITING)).toBe(0), 60_000);
      await scene.expectTruth();
    },
    CASE_MS,
  );

  test(
    'the disk flips a bit in what waits on it: all else arrives, and the node says what did not',
    async () => {
      const spool = join(folder, 'spool-of-another');
      const start = () =>
        startBareNode({ DATABASE_URL: database.url, STORE_ENGINE: engine, SPOOL_DIR: spool });
      const post = async (value: number) => {
        const body = JSON.stringify({ name: 'flipped', value, timestamp: began + value });
        const headers = { 'content-type': 'application/json' };
        const response = await fetch(`${other.url}/api/metrics`, { method: 'POST', headers, body });
        expect(await response.json()).toMatchObject({ accepted: 1 });
      };
      const began = Date.now() - 60_000;
      let other = await start();
      await database.kill();
      await until(() => post(0));
      for (let value = 1; value < 40; value++) await post(value);
      await expect(start()).rejects.toThrow(`SPOOL_DIR ${spool} is in use by process ${other.pid}`);
      other.signal('SIGKILL');
      await other.exited;
      const [file] = filesOf(spool);
      flip(file, readFileSync(file).indexOf('"value":10,'));
      await database.start();
      other = await start();
      await until(async () => expect(await figureOf(other.url, WAITING)).toBe(0), 60_000);
      const stored = (await storedSamples(database.url, 'flipped')).map(({ value }) => value);
      expect(stored).toEqual(Array.from({ length: 40 }, (_, i) => i).filter((i) => i !== 10));
      expect(await figureOf(other.url, 'pulseboard_spool_skipped_records_total')).toBe(1);
      expect(await figureOf(other.url, 'pulseboard_spool_skipped_bytes_total')).toBeGreaterThan(50);
      expect(await figureOf(other.url, 'pulseboard_spool_aside_files')).toBe(1);
      const [kept] = filesOf(spool, '.damaged');
      expect(other.output()).toContain(`"file":"${kept}"`);
      await other.stop();
    },
    CASE_MS,
  );
}
