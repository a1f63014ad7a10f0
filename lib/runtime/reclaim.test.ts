import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

/** How much memory a quiet process has that freed 250 MiB and a large heap: once a third is gone, or after 12 s. */
const PROGRAM = `
  const { Reclaim } = await import('./lib/runtime/reclaim.ts');
  const MIB = 2 ** 20;
  let held = Array.from({ length: 4_000 }, () => Buffer.alloc(64 * 1_024, 1));
  let points = Array.from({ length: 2_000_000 }, (_, i) => [i, i + 0.5]);
  const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  await sleep(3_000);
  held = points = null;
  new Reclaim().noteLetGo(250 * MIB);
  const beganAt = performance.now();
  const external = () => process.memoryUsage().external / MIB;
  while (external() > 170 && performance.now() - beganAt < 12_000) await sleep(100);
  process.stdout.write(String(external()));
  process.exit();
`;

it('what was let go of is collected although nobody asks for memory', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [
    ...['--max-semi-space-size=64', '--import', 'tsx', '--input-type=module', '-e', PROGRAM],
  ]);
  expect(Number(stdout)).toBeLessThan(170);
});
