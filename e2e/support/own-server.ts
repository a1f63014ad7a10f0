import type { ServerProcess } from '../../test/support/server-process';
import { test as base, startFreshServer } from './test';

/**
 * Tests with a server that no other file posts to: what is counted on its pages is what they have posted.
 * @param settings its own, made for each worker
 */
export function testOnOwnServer(settings: () => Promise<Record<string, string>> = async () => ({})) {
  return base.extend<object, { server: ServerProcess }>({
    server: [
      // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the fixtures wanted from the pattern.
      async ({}, use) => {
        const started = await startFreshServer(await settings());
        await use(started.server);
        await started.stop();
      },
      { scope: 'worker', timeout: 90_000 },
    ],
  });
}
