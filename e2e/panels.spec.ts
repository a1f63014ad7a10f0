import type { Locator } from '@playwright/test';
import { expectLive } from './support/checks';
import { history, post, uniqueMetric } from './support/samples';
import { expect, test } from './support/test';

test('panels of a page share the crosshair, and a drag over one zooms all', async ({ page, server }) => {
  const host = uniqueMetric('host');
  for (const name of ['cpu_usage_percent', 'load1']) {
    await post(
      server.url,
      history(name, { minutes: 50, everyMs: 10_000, labels: { host } }, (n) => n % 60),
    );
  }
  await page.goto(`/hosts/${host}`);
  await expectLive(page);
  const cpu = chartOf(page.getByRole('region', { name: 'cpu_usage_percent' }));
  const load = chartOf(page.getByRole('region', { name: 'load1' }));
  await expect(load).toBeVisible();

  await cpu.hover();
  const at = await cpu.getAttribute('data-crosshair');
  expect(Number(at)).toBeGreaterThan(0);
  await expect(load).toHaveAttribute('data-crosshair', at!);
  await expect(cpu.locator('[data-tooltip]')).toBeVisible();
  await expect(load.locator('[data-tooltip]')).toHaveCount(0);

  const box = (await cpu.boundingBox())!;
  await page.mouse.move(box.x + box.width * 0.5, box.y + 20);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.75, box.y + 20, { steps: 4 });
  await page.mouse.up();
  await expect(page).toHaveURL(/start=20.*end=20/);
  const { searchParams } = new URL(page.url());
  const start = Date.parse(searchParams.get('start')!);
  // A quarter of an hour, whichever of the two looks.
  expect(Date.parse(searchParams.get('end')!) - start).toBeGreaterThan(14 * 60_000);
  for (const chart of [cpu, load]) {
    await expect
      .poll(async () => Math.abs(Number(await chart.locator('xpath=..').getAttribute('data-start')) - start))
      .toBeLessThan(30_000);
  }
});

function chartOf(panel: Locator): Locator {
  return panel.getByRole('group', { name: /arrow keys/i });
}
