import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import { dataDir } from '../support/embedded';
import { until } from '../support/processes';
import { type ServerProcess, startServer } from '../support/server-process';

const SECRET = 'hunter2'.repeat(6);
const dir = dataDir('pulseboard-children');
let server: ServerProcess | undefined;
afterAll(async () => {
  await server?.stop();
  await dir.remove();
});

/** Every process below one: its program and its environment. */
function below(pid: number): Array<{ pid: number; program: string; environ: string }> {
  const parentOf = (child: string) =>
    Number(/\) \S (\d+)/.exec(readFileSync(`/proc/${child}/stat`, 'utf8'))?.[1]);
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      if (parentOf(name) !== pid) return [];
      const program = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ');
      const environ = readFileSync(`/proc/${name}/environ`, 'utf8');
      return [{ pid: Number(name), program, environ }, ...below(Number(name))];
    } catch (error) {
      // It has ended while we looked.
      if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return [];
      throw error;
    }
  });
}

test.runIf(process.platform === 'linux')('no process of the server knows its secrets', async () => {
  server = await startServer('server.ts', {
    DATA_DIR: dir.path,
    LOCAL_AGENT: 'on',
    INGEST_KEYS: SECRET,
    DASHBOARD_PASSWORD: SECRET,
    SESSION_SECRET: SECRET,
    A_SECRET_OF_TOMORROW: SECRET,
    LC_TIME: 'C',
  });
  expect(readFileSync(`/proc/${server.pid}/environ`, 'utf8')).toContain(SECRET);
  const children = await until(() => {
    const found = below(server!.pid);
    expect(found.some(({ program }) => /agent\.js/.test(program))).toBe(true);
    expect(found.filter(({ program }) => /postgres/.test(program)).length).toBeGreaterThan(3);
    return found;
  });
  for (const { program, environ } of children) expect(environ.includes(SECRET), program).toBe(false);
  const agent = children.find(({ program }) => /agent\.js/.test(program))!;
  expect(agent.environ.split('\0')).toEqual(
    expect.arrayContaining([`PATH=${process.env.PATH}`, 'LC_TIME=C']),
  );
});
