import { expectAccessible, expectNoSidewaysScroll } from './support/checks';
import { post, uniqueMetric } from './support/samples';
import { expect, test } from './support/test';

const background = () => getComputedStyle(document.documentElement).backgroundColor;
const DARK = 'rgb(12, 15, 20)';
const LIGHT = 'rgb(245, 246, 248)';

test('follows the system’s theme, and keeps a chosen one without a flash', async ({ page }) => {
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.goto('/metrics');
  expect(await page.evaluate(background)).toBe(DARK);

  await page.getByRole('button', { name: /Theme: as the system/ }).click();
  expect(await page.evaluate(background)).toBe(LIGHT);
  // What the very first paint of the next load has: looked at when the body begins, before any of our scripts run.
  await page.addInitScript(() => {
    new MutationObserver((_, observer) => {
      if (!document.body) return;
      observer.disconnect();
      (window as { firstBackground?: string }).firstBackground = getComputedStyle(
        document.documentElement,
      ).backgroundColor;
    }).observe(document, { childList: true, subtree: true });
  });
  await page.reload();
  expect(await page.evaluate(() => (window as { firstBackground?: string }).firstBackground)).toBe(LIGHT);
  await expect(page.getByRole('button', { name: /Theme: light/ })).toBeVisible();

  await page.getByRole('button', { name: /Theme: light/ }).click();
  await page.getByRole('button', { name: /Theme: dark/ }).click();
  await page.emulateMedia({ colorScheme: 'light' });
  expect(await page.evaluate(background)).toBe(LIGHT);
});

test('is the system’s theme without scripts too', async ({ browser, server }) => {
  const context = await browser.newContext({ colorScheme: 'dark', javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(`${server.url}/metrics`);
  expect(await page.evaluate(background)).toBe(DARK);
  await context.close();
});

test('leads by keyboard: to the content, to the pages, with a visible focus', async ({ page, server }) => {
  await post(server.url, [{ name: uniqueMetric('percent'), value: 1 }]);
  await page.goto('/metrics');
  await page.keyboard.press('Tab');
  await expect(page.getByRole('link', { name: 'Skip to content' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.locator('#main')).toBeFocused();
  await page.keyboard.press('Tab');
  const focused = page.locator(':focus');
  await expect(focused).toHaveRole('searchbox');
  expect(await focused.evaluate((element) => getComputedStyle(element).outlineStyle)).not.toBe('none');
  await expect(page.getByRole('link', { name: 'Metrics' })).toHaveAttribute('aria-current', 'page');
});

test('moves between pages without a reload, also to the page that shares its address with Prometheus', async ({
  page,
}) => {
  await page.goto('/hosts');
  await page.evaluate(() => {
    (window as { marked?: boolean }).marked = true;
  });
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Metrics' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Metrics' })).toBeVisible();
  expect(await page.evaluate(() => (window as { marked?: boolean }).marked)).toBe(true);
});

for (const width of [360, 390, 768]) {
  test(`has room for every state of the stream at ${width} px`, async ({ page }) => {
    await page.setViewportSize({ width, height: 700 });
    await page.goto('/metrics');
    await page.locator('[data-live-state]').evaluate((badge) => {
      badge.querySelector('.truncate')!.textContent = 'Reconnecting';
    });
    await expectNoSidewaysScroll(page);
  });
}

test('says so where there is nothing', async ({ page, complaints }) => {
  const response = await page.goto('/no/such/page');
  expect(response?.status()).toBe(404);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('There is nothing at this address');
  await expectAccessible(page);
  expect((await page.request.get('/favicon.ico')).headers()['content-type']).toBe('image/svg+xml');
  expect(complaints.splice(0)).toHaveLength(1);
});
