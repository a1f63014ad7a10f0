import { expectAccessible, expectNoSidewaysScroll } from './support/checks';
import { type HostPost, keepPosting, postHosts } from './support/hosts';
import { testOnOwnServer } from './support/own-server';
import { expect } from './support/test';

const HOSTS = 2_100;
const test = testOnOwnServer();
let posting: { stop(): Promise<void> };

const name = (i: number) => `web-${i}`;

/** Host i has i % 100 percent of CPU and the opposite of memory; web-7 is the busiest by far. */
function everyHost(): HostPost[] {
  return Array.from({ length: HOSTS }, (_, i) => ({
    host: name(i),
    labels: { region: ['eu', 'us', 'ap'][i % 3], role: 'web' },
    values: { cpu_usage_percent: i === 7 ? 99.5 : (i % 98) + 0.5, memory_used_percent: 99 - (i % 98) },
  }));
}

test.beforeAll(async ({ server }) => {
  await postHosts(server.url, everyHost());
  // Two fell silent: one a minute ago, one an hour ago.
  const now = Date.now();
  for (const [host, ago] of [
    ['quiet-late', 60_000],
    ['quiet-gone', 3_600_000],
  ] as const) {
    await postHosts(
      server.url,
      [2, 1, 0].map((i) => ({ host, at: now - ago - i * 1_000, values: { cpu_usage_percent: 50 } })),
    );
  }
  posting = await keepPosting(server.url, () => everyHost().slice(0, 400));
});
test.afterAll(() => posting.stop());

test('counts who reports, who is late and who is gone, and says who fell silent', async ({ page }) => {
  await page.goto('/');
  await expect(page.locator('a[data-status="reporting"]')).toContainText('2,100');
  await expect(page.locator('a[data-status="late"]')).toContainText('1');
  await expect(page.locator('a[data-status="gone"]')).toContainText('1');
  const silent = page.getByRole('region', { name: 'Fell silent' });
  await expect(silent.getByRole('listitem').nth(0)).toContainText(/quiet-late.*silent for 1 min/);
  await expect(silent.getByRole('listitem').nth(1)).toContainText(/quiet-gone.*silent for 1 h/);
});

test('ranks by CPU, or by what one chooses, and the address remembers', async ({ page }) => {
  await page.goto('/');
  const busiest = page.getByRole('region', { name: 'Busiest' }).getByRole('listitem');
  await expect(busiest.first()).toContainText(/web-7\s*99\.5 %/);
  await page.getByRole('combobox', { name: 'Rank by' }).click();
  await page.getByRole('option', { name: 'Memory' }).click();
  await expect(page).toHaveURL(/by=memory/);
  await expect(busiest.first()).toContainText(/web-0\s*99 %/);
  await page.reload();
  await expect(busiest.first()).toContainText(/web-0\s*99 %/);
});

test('moves without a reload', async ({ page }) => {
  await page.goto('/');
  const perSecond = page.locator('[data-samples-per-second]');
  await expect
    .poll(async () => Number((await perSecond.textContent())?.replace(',', '')))
    .toBeGreaterThan(400);
  const chart = page.getByRole('region', { name: /^CPU, average/ }).locator('[data-chart]');
  const before = Number(await chart.getAttribute('data-end'));
  await expect.poll(async () => Number(await chart.getAttribute('data-end'))).toBeGreaterThan(before);
});

test('has a map that keys move over and Enter leaves for the host', async ({ page }) => {
  await page.goto('/');
  const map = page.getByRole('application', { name: 'Map of 2,102 hosts.' });
  await map.focus();
  await page.keyboard.press('Home');
  await expect(page.getByText('quiet-gone gone')).toBeVisible();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowRight');
  await expect(page.getByText(/web-0 CPU 0\.50* %/)).toBeVisible();
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/hosts\/web-0$/);
});

for (const colorScheme of ['light', 'dark'] as const) {
  test(`is accessible, ${colorScheme}, and fits a phone`, async ({ page }) => {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width: 390, height: 844 });
    await page.goto('/');
    await expect(page.getByRole('region', { name: 'Busiest' })).toBeVisible();
    await expectNoSidewaysScroll(page);
    await expectAccessible(page);
    await page.setViewportSize({ width: 1440, height: 900 });
    await expectAccessible(page);
  });
}
