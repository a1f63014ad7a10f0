import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { isBuildFresh } from '../../scripts/freshness.mjs';
import { dataDir, isAlive, killTree, postmasterPid } from '../support/embedded';
import { freePort, until } from '../support/processes';

/** `npm start` as people type it: everything that was started ends with it, and nothing else does. */

let data: ReturnType<typeof dataDir>;
let port: number;
const started: ChildProcess[] = [];

beforeAll(() => {
  if (!isBuildFresh()) throw new Error('There is no fresh build. Type: npm run build');
});
beforeEach(async () => {
  data = dataDir();
  port = await freePort();
});
afterEach(async () => {
  for (const { pid } of started.splice(0)) killGroup(pid!);
  const database = join(data.path, 'postgres');
  if (existsSync(join(database, 'postmaster.pid'))) killTree(postmasterPid(database));
  await data.remove();
});

interface Started {
  child: ChildProcess;
  output(): string;
  exited: Promise<number | null>;
}

/** A process group of its own, as in a terminal. */
function startIn(command: string[], env: Record<string, string> = {}): Started {
  const { npm_lifecycle_event: _, npm_package_name: __, ...ours } = process.env;
  const child = spawn(command[0], command.slice(1), {
    detached: true,
    env: { ...ours, LOCAL_AGENT: 'on', DATABASE_URL: '', DATA_DIR: data.path, PORT: String(port), ...env },
  });
  started.push(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  const exited = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  return { child, output: () => output, exited };
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Nobody is left of it.
  }
}

const isReady = (of = port) =>
  fetch(`http://127.0.0.1:${of}/api/ready`).then(
    ({ ok }) => ok,
    () => false,
  );
const untilReady = ({ output }: Started, of = port) =>
  until(async () => expect(await isReady(of), output()).toBe(true), 90_000, 100);

const childrenOf = (pid: number) =>
  execFileSync('ps', ['-eo', 'pid=,ppid='], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .filter(([, parent]) => parent === pid)
    .map(([child]) => child);

/** The server, its database and its agent. */
function processes() {
  const database = postmasterPid(join(data.path, 'postgres'));
  const { pid: server } = JSON.parse(readFileSync(join(data.path, 'server.lock'), 'utf8'));
  return { server, all: [...new Set([server, database, ...childrenOf(server)])] as number[] };
}

const databaseLog = () => readFileSync(join(data.path, 'postgres.log'), 'utf8').trim();
async function expectAllEndedInOrder(all: number[]): Promise<void> {
  expect(all.length).toBeGreaterThanOrEqual(3);
  await until(() => expect(all.filter(isAlive)).toEqual([]), 30_000);
  expect(databaseLog()).toMatch(/database system is shut down$/);
  expect(readdirSync(data.path).sort()).toEqual(['postgres', 'postgres.log']);
}

describe('npm start', () => {
  test.each(['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGKILL'] as const)(
    'ends in order, with everything it has started, when npm gets %s',
    async (signal) => {
      const npm = startIn(['npm', 'start']);
      await untilReady(npm);
      const { all } = processes();
      npm.child.kill(signal);
      const code = await npm.exited;
      // npm passes these on and waits; from the others nobody can wait.
      if (signal === 'SIGTERM' || signal === 'SIGINT') {
        expect([code, all.filter(isAlive)]).toEqual([0, []]);
      }
      await expectAllEndedInOrder(all);
    },
  );

  test.each(['SIGINT', 'SIGHUP'] as const)(
    'ends in order when its whole group gets %s, as from a terminal',
    async (signal) => {
      const npm = startIn(['npm', 'start']);
      await untilReady(npm);
      const { all } = processes();
      process.kill(-npm.child.pid!, signal);
      await npm.exited;
      await expectAllEndedInOrder(all);
      expect(npm.output()).not.toContain('"level":50');
    },
  );

  test('ends with npm where a shell stays between them', async () => {
    const shell = join(mkdtempSync(join(tmpdir(), 'pulseboard-shell-')), 'sh');
    writeFileSync(
      shell,
      '#!/bin/sh\nPATH=$PATH:.; shift; eval "$(echo "$1" | sed "s/exec //; s/||.*//")"; exit $?\n',
      {
        mode: 0o755,
      },
    );
    const npm = startIn(['npm', 'start', `--script-shell=${shell}`]);
    await untilReady(npm);
    const { server, all } = processes();
    expect(childrenOf(npm.child.pid!)).not.toContain(server);
    npm.child.kill('SIGKILL');
    await expectAllEndedInOrder(all);
    rmSync(shell);
  });

  test('ends while it starts, and its database with it', async () => {
    const npm = startIn(['npm', 'start']);
    await until(
      () => expect(existsSync(join(data.path, 'postgres', 'postmaster.pid'))).toBe(true),
      90_000,
      5,
    );
    const database = await until(() => {
      const pid = postmasterPid(join(data.path, 'postgres'));
      expect(pid).toBeGreaterThan(0);
      return pid;
    });
    npm.child.kill('SIGTERM');
    await npm.exited;
    await until(() => expect(isAlive(database)).toBe(false));
    expect(await isReady()).toBe(false);
  });

  test('goes on when a shell that started it in the background has ended', async () => {
    const { exited, child } = startIn(['sh', '-c', 'nohup npm start >/dev/null 2>&1 &']);
    await exited;
    await until(async () => expect(await isReady()).toBe(true), 90_000, 100);
    // It looks for npm twice a second.
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    expect(await isReady()).toBe(true);
    const { server, all } = processes();
    process.kill(server, 'SIGTERM');
    await expectAllEndedInOrder(all);
    killGroup(child.pid!);
  });

  test('without npm goes on when whoever started it is gone', async () => {
    const { exited } = startIn(['sh', '-c', `${process.execPath} scripts/start.mjs >/dev/null 2>&1 &`]);
    await exited;
    await until(async () => expect(await isReady()).toBe(true), 90_000, 100);
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    expect(await isReady()).toBe(true);
    const { server, all } = processes();
    process.kill(server, 'SIGHUP');
    await expectAllEndedInOrder(all);
  });
});

describe('a second start in the same folder', () => {
  const taken = ({ pid }: { pid: number }, of = port) =>
    `Pulseboard runs already with the data in ${realpathSync(data.path)}: process ${pid}, http://127.0.0.1:${of}. ` +
    `Open that address; or stop it first: kill ${pid}; or give this one a port and a folder of its own: PORT=`;
  const start = (env: Record<string, string> = {}) => startIn([process.execPath, 'scripts/start.mjs'], env);

  test('says whose it is, with any port, and leaves the first as it is', async () => {
    const first = start();
    await untilReady(first);
    const { server, all } = processes();
    const build = realpathSync('.build/current');
    for (const env of [{ PORT: String(port) }, { PORT: String(await freePort()) }]) {
      const second = start(env);
      expect(await second.exited).toBe(1);
      expect(second.output()).toContain(taken({ pid: server }));
      expect(second.output()).not.toMatch(/^\s+at /m);
    }
    // With data of its own it is the port that is taken.
    const elsewhere = dataDir();
    const third = start({ DATA_DIR: elsewhere.path });
    expect(await third.exited).toBe(1);
    expect(third.output()).toContain(`Port ${port} on 127.0.0.1 is taken by Pulseboard, process ${server}.`);
    await elsewhere.remove();
    expect([await isReady(), all.filter(isAlive), realpathSync('.build/current')]).toEqual([
      true,
      all,
      build,
    ]);
    expect(databaseLog()).not.toContain('database system is shut down');
  });

  test('in the same instant leaves one', async () => {
    const both = [start(), start({ PORT: String(await freePort()) })];
    const second = await Promise.race(both.map(({ exited }, i) => exited.then(() => i)));
    const [loser, winner] = [both[second], both[1 - second]];
    expect(loser.output()).toContain('Pulseboard runs already');
    expect(loser.output()).toContain(`process ${winner.child.pid}`);
    await until(() => expect(winner.output()).toContain('Pulseboard  http'), 90_000);
  });

  test('takes over after kill -9, and waits for one that is stopping', async () => {
    const first = start();
    await untilReady(first);
    first.child.kill('SIGKILL');
    await first.exited;
    const second = start();
    await untilReady(second);
    expect(databaseLog()).not.toContain('database system is shut down');
    // A body that does not come keeps the server for five seconds.
    const never = fetch(`http://127.0.0.1:${port}/api/metrics`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body: new ReadableStream({ start: (body) => body.enqueue(Buffer.from('{"name":"m","value":1}\n')) }),
      duplex: 'half',
    } as RequestInit).catch(() => null);
    await until(async () => {
      const answer = await fetch(`http://127.0.0.1:${port}/api/metrics/m?start=now-1m&end=now`);
      expect(answer.status).toBe(200);
    });
    second.child.kill('SIGTERM');
    await until(async () => expect(await isReady()).toBe(false));
    const third = start();
    await untilReady(third);
    expect(third.output()).toContain(`Waiting for process ${second.child.pid}, which has the data in`);
    expect(await second.exited).toBe(0);
    await never;
  });
});
