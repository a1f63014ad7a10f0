import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test as base, type ConsoleMessage, expect, type Page } from '@playwright/test';
import { type ServerProcess, startServer } from '../../test/support/server-process';

export { expect };

interface PerTest {
  /** Console errors and uncaught exceptions of every page so far; the test fails when there are any at its end. */
  complaints: string[];
}
interface PerWorker {
  /** The product with an embedded database of its own, shared by the worker's tests: use metric names of your own. */
  server: ServerProcess;
}

/** A real server and a page that may not complain. */
export const test = base.extend<PerTest, PerWorker>({
  server: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the fixtures wanted from the pattern.
    async ({}, use) => {
      const started = await startFreshServer();
      await use(started.server);
      await started.stop();
    },
    { scope: 'worker', timeout: 90_000 },
  ],
  baseURL: async ({ server }, use) => use(server.url),
  // biome-ignore lint/correctness/noEmptyPattern: as above.
  complaints: async ({}, use) => {
    const complaints: string[] = [];
    await use(complaints);
    expect(complaints, 'errors in the browser’s console').toEqual([]);
  },
  page: async ({ page, complaints }, use) => {
    watch(page, complaints);
    await use(page);
  },
});

function watch(page: Page, complaints: string[]): void {
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message: ConsoleMessage) => {
    if (message.type() === 'error') complaints.push(`${message.text()} ${message.location().url}`);
  });
}

/** A server with an empty database; `stop` also throws the database away. */
export async function startFreshServer(env: Record<string, string> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'pulseboard-e2e-'));
  const settings = { DATA_DIR: folder, LOCAL_AGENT: 'off', ...env };
  const server = await startServer('server.ts', settings);
  return {
    server,
    settings,
    async stop() {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
