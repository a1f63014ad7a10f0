import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Store } from '@/lib/store/store';
import { type KillablePostgres, startKillablePostgres } from '../support/killable-postgres';
import { until } from '../support/processes';
import { figureOf, rest, Scene } from '../support/scene';
import { type ServerProcess, startBareNode } from '../support/server-process';

/** A node with a spool: agents are answered while the database is away. */
export function spoolChaos(engine: Store['engine']): void {
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
}
