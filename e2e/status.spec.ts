import { expectAccessible, expectNoSidewaysScroll, SCREENS } from './support/checks';
import { post, uniqueMetric } from './support/samples';
import { expect, startFreshServer, test } from './support/test';

test('says how the server does, and goes on saying it without a reload', async ({ page, server }) => {
  await page.goto('/');
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Status' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('All is well');
  const stored = page.getByTitle('pulseboard_ingest_samples_total').getByRole('definition');
  const before = await stored.textContent();
  // So many that three digits show it, whatever other tests have sent.
  const [name, now] = [uniqueMetric('percent'), Date.now()];
  const samples = Array.from({ length: 1_000 }, (_, i) => ({ name, value: 1, timestamp: now - i }));
  await post(server.url, samples);
  await expect(stored).not.toHaveText(before ?? '');
});

test('leads to charts of the server’s own figures', async ({ page }) => {
  const own = await startFreshServer({ SELF_METRICS: 'on' });
  try {
    await page.goto(`${own.server.url}/status`);
    await page.getByRole('link', { name: 'All as metrics' }).click();
    await expect(page).toHaveURL(/search=pulseboard_/);
    // They are stored every ten seconds.
    await expect(async () => {
      await page.reload();
      await expect(page.getByRole('link', { name: 'pulseboard_ready' })).toBeVisible({ timeout: 500 });
    }).toPass({ timeout: 30_000 });
  } finally {
    await page.goto('about:blank');
    await own.stop();
  }
});

for (const { name, ...screen } of SCREENS) {
  test.describe(name, () => {
    test.use(screen);
    test('is accessible and fits the screen', async ({ page }) => {
      await page.goto('/status');
      await expect(page.getByRole('region', { name: 'Process' })).toBeVisible();
      await expectNoSidewaysScroll(page);
      await expectAccessible(page);
    });
  });
}
