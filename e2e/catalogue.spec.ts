import {
  expectAccessible,
  expectLive,
  expectNoSidewaysScroll,
  markDocument,
  SCREENS,
} from './support/checks';
import { history, post, uniqueMetric } from './support/samples';
import { expect, startFreshServer, test } from './support/test';

test('lists metrics with what they are and how they go', async ({ page, server }) => {
  const metric = uniqueMetric('bytes_total');
  await post(
    server.url,
    ['a', 'b'].flatMap((host) =>
      history(
        metric,
        { minutes: 4, everyMs: 5_000, labels: { host }, type: 'counter', unit: 'bytes' },
        (n) => n * 5_120,
      ),
    ),
  );
  await page.goto(`/metrics?search=${metric}`);
  const row = page.getByRole('row').filter({ hasText: metric });
  await expect(row).toContainText('counter');
  await expect(row).toContainText('bytes');
  await expect(row.getByRole('cell', { name: '2', exact: true })).toBeVisible();
  // Two series of 1 KiB/s each.
  await expect(row.locator('[data-latest]')).toHaveText('2 KiB/s');
  await expect(row.locator('svg path').first()).toHaveAttribute('d', /L/);
  await row.getByRole('link').click();
  await expect(page).toHaveURL(new RegExp(`/metrics/${metric}$`));
});

test('shows a new value without a reload', async ({ page, server }) => {
  const metric = uniqueMetric('percent');
  await post(server.url, [{ name: metric, value: 10, timestamp: Date.now() - 60_000 }]);
  await page.goto(`/metrics?search=${metric}`);
  await expectLive(page);
  await expect(page.getByText('1 min ago')).toBeVisible();
  const mark = await markDocument(page);
  await post(server.url, [{ name: metric, value: 66 }]);
  await expect(page.locator('[data-latest]')).toHaveText('66 %');
  await expect(async () => {
    await post(server.url, [{ name: metric, value: 66 }]);
    await expect(page.getByText('just now')).toBeVisible({ timeout: 2_000 });
  }).toPass();
  expect(await mark.stillThere()).toBe(true);
});

test('searches as one types, keeps the search in the URL, and pages through', async ({ page, server }) => {
  const prefix = uniqueMetric('many');
  const names = Array.from({ length: 60 }, (_, i) => `${prefix}_${String(i).padStart(2, '0')}`);
  await post(
    server.url,
    names.map((name) => ({ name, value: 1 })),
  );
  await page.goto('/metrics');
  await page.getByRole('searchbox', { name: 'Search metrics' }).fill(prefix);
  await expect(page).toHaveURL(new RegExp(`search=${prefix}`));
  await expect(page.locator('tbody tr')).toHaveCount(50);
  await page.getByRole('link', { name: 'Next page' }).click();
  await expect(page.locator('tbody tr')).toHaveCount(10);
  await page.getByRole('link', { name: 'First page' }).click();
  await expect(page.locator('tbody tr')).toHaveCount(50);
  await page.getByRole('searchbox').fill(`${prefix} 07`);
  await expect(page.locator('tbody tr')).toHaveCount(1);
  await page.getByRole('searchbox').fill(`${prefix} none`);
  await expect(page.getByText('No metric’s name contains')).toBeVisible();
});

test('searches without scripts', async ({ browser, server }) => {
  const metric = uniqueMetric('percent');
  await post(server.url, [{ name: metric, value: 12 }]);
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(`${server.url}/metrics`);
  await page.getByRole('searchbox').fill(metric);
  await page.getByRole('searchbox').press('Enter');
  await expect(page.getByRole('link', { name: metric })).toBeVisible();
  await expect(page.locator('[data-latest]')).toHaveText('12 %');
  await context.close();
});

test('is Prometheus’ text for who does not ask for a page', async ({ server }) => {
  const scraped = await fetch(`${server.url}/metrics`, { headers: { accept: 'text/plain;version=0.0.4' } });
  expect(scraped.headers.get('content-type')).toMatch(/^text\/plain/);
  const seen = await fetch(`${server.url}/metrics`, { headers: { accept: 'text/html,*/*;q=0.8' } });
  expect(seen.headers.get('content-type')).toMatch(/^text\/html/);
});

test('teaches how to send the first sample, and shows it', async ({ page }) => {
  const empty = await startFreshServer();
  await page.goto(`${empty.server.url}/metrics`);
  await expect(page.getByRole('heading', { name: 'No metrics yet' })).toBeVisible();
  await expect(page.getByText(`curl ${empty.server.url}/api/metrics`)).toBeVisible();
  await expectAccessible(page);
  await post(empty.server.url, [{ name: 'first_percent', value: 3, labels: { host: 'a' } }]);
  await page.reload();
  await expect(page.getByRole('link', { name: 'first_percent' })).toBeVisible();
  await page.goto('about:blank');
  await empty.stop();
});

for (const { name, ...screen } of SCREENS) {
  test.describe(name, () => {
    test.use(screen);
    test('is accessible and fits the screen', async ({ page, server }) => {
      await post(
        server.url,
        history(uniqueMetric('percent'), { minutes: 3, everyMs: 5_000 }, (n) => n),
      );
      await page.goto('/metrics');
      await expect(page.locator('tbody tr').first()).toBeVisible();
      await expectNoSidewaysScroll(page);
      await expectAccessible(page);
    });
  });
}
