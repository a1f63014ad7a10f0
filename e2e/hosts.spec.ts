import type { Page } from '@playwright/test';
import { expectAccessible, expectNoSidewaysScroll, markDocument } from './support/checks';
import { type HostPost, keepPosting, postHosts } from './support/hosts';
import { testOnOwnServer } from './support/own-server';
import { expect } from './support/test';

const HOSTS = 2_200;
const test = testOnOwnServer();

function everyHost(cpu: (i: number) => number = (i) => i % 90): HostPost[] {
  return Array.from({ length: HOSTS }, (_, i) => ({
    host: `web-${i}`,
    labels: { region: ['eu', 'us', 'ap'][i % 3], role: i % 2 ? 'api' : 'web' },
    values: { cpu_usage_percent: cpu(i), load1: i / 100 },
  }));
}

/** Three samples a second apart, so that the host's rhythm is known, the last one `agoMs` before now. */
async function lastHeard(url: string, host: string, agoMs: number): Promise<void> {
  const at = Date.now() - agoMs;
  const post = (i: number) => ({ host, at: at - i * 1_000, values: { cpu_usage_percent: 10 } });
  await postHosts(url, [post(2), post(1), post(0)]);
}

const rows = (page: Page) => page.locator('tr[data-host]');
const row = (page: Page, host: string) => page.locator(`tr[data-host="${host}"]`);

test.beforeAll(({ server }) => postHosts(server.url, everyHost()));

test('shows the first page in the natural order of names, with figures, without any script', async ({
  browser,
  server,
}) => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(`${server.url}/hosts`);
  await expect(rows(page)).toHaveCount(50);
  await expect(rows(page).nth(10)).toHaveAttribute('data-host', 'web-10');
  await expect(row(page, 'web-7').locator('[data-figure="cpu"]')).toContainText('7 %');
  await context.close();
});

test('searches, sorts and pages; the address holds it all, and back goes back', async ({ page }) => {
  await page.goto(`/hosts`);
  await page.keyboard.press('/');
  await page.keyboard.type('web-21');
  await expect(page).toHaveURL(/\?q=web-21$/);
  // web-21, web-210 … web-219, web-2100 … web-2199
  await expect(page.getByText('1–50 of 111')).toBeVisible();
  await page.getByRole('button', { name: 'Load' }).click();
  await expect(page).toHaveURL(/q=web-21&sort=-load/);
  await expect(rows(page).first()).toHaveAttribute('data-host', 'web-2199');
  await expect(page.getByRole('columnheader', { name: 'Load', exact: true })).toHaveAttribute(
    'aria-sort',
    'descending',
  );
  // As quick as a mouse can be: each click is a page.
  await page.getByRole('button', { name: 'Next page' }).dblclick();
  await expect(page.getByText('101–111 of 111')).toBeVisible();
  await expect(rows(page).last()).toHaveAttribute('data-host', 'web-21');

  await page.reload();
  await expect(page.getByRole('searchbox')).toHaveValue('web-21');
  await expect(rows(page).last()).toHaveAttribute('data-host', 'web-21');
  await page.goBack();
  await expect(page.getByText('51–100 of 111')).toBeVisible();
});

test('filters by labels and status', async ({ page, server }) => {
  // All of them reporting, however long ago this file began.
  await postHosts(server.url, everyHost());
  await page.goto(`/hosts`);
  await page.getByRole('button', { name: 'Labels' }).click();
  await page.getByRole('group', { name: 'region' }).getByRole('checkbox', { name: /^eu/ }).check();
  await page.getByRole('group', { name: 'role' }).getByRole('checkbox', { name: /^api/ }).check();
  await page.keyboard.press('Escape');
  // Every sixth: of each three one is in eu, of each two one is an api.
  await expect(page.getByText(/1–50 of 36[67]/)).toBeVisible();
  await expect(page).toHaveURL(/match=/);
  await page.getByRole('button', { name: 'Remove the filter region: eu' }).click();
  await expect(page.getByText('1–50 of 1,100')).toBeVisible();
  const [late, gone] = [/^Late/, /^Gone/].map((name) => page.getByRole('button', { name }));
  await gone.click();
  // The other as well, before the page knows of the one.
  await late.click({ modifiers: ['Control'] });
  for (const status of [late, gone]) await expect(status).toHaveAttribute('aria-pressed', 'true');
  await expect(page.getByText('No host fits these filters')).toBeVisible();
  await page.getByRole('button', { name: 'Show all hosts' }).click();
  await expect(page).toHaveURL(/\/hosts$/);
});

test('a host turns late and gone on the screen, and returns', async ({ page, server }) => {
  await lastHeard(server.url, 'fallen', 295_000);
  await lastHeard(server.url, 'fading', 0);
  await page.goto(`/hosts?q=fa`);
  await expect(row(page, 'fading')).toHaveAttribute('data-status', 'reporting');
  await expect(row(page, 'fading')).toHaveAttribute('data-status', 'late', { timeout: 40_000 });
  await expect(row(page, 'fallen')).toHaveAttribute('data-status', 'gone');
  await expect(page.getByRole('button', { name: /^Gone/ })).toContainText('1');
  await lastHeard(server.url, 'fading', 0);
  await expect(row(page, 'fading')).toHaveAttribute('data-status', 'reporting');
});

test('visible rows move without a reload', async ({ page, server }) => {
  await page.goto(`/hosts`);
  const figure = row(page, 'web-3').locator('[data-figure="cpu"]');
  await expect(figure).toContainText('3 %');
  const document = await markDocument(page);
  const posting = await keepPosting(server.url, () => everyHost((i) => 90 - (i % 90)).slice(0, 60));
  await expect(figure).toContainText('87 %');
  expect(await document.stillThere()).toBe(true);
  await expect(page.locator('[data-live-state="live"]')).toBeVisible();
  await posting.stop();
});

test('rows keep their places while somebody points at them', async ({ page, server }) => {
  await page.goto(`/hosts?sort=-cpu&q=order`);
  await postHosts(server.url, [
    { host: 'order-a', values: { cpu_usage_percent: 80 } },
    { host: 'order-b', values: { cpu_usage_percent: 20 } },
  ]);
  await expect(rows(page).first()).toHaveAttribute('data-host', 'order-a');
  await row(page, 'order-a').hover();
  await postHosts(server.url, [{ host: 'order-b', values: { cpu_usage_percent: 95 } }]);
  await expect(row(page, 'order-b').locator('[data-figure="cpu"]')).toContainText('95 %');
  await page.waitForTimeout(12_000);
  await expect(rows(page).first()).toHaveAttribute('data-host', 'order-a');
  await page.mouse.move(0, 0);
  await expect(rows(page).first()).toHaveAttribute('data-host', 'order-b');
});

test('arrow keys go from host to host, Enter opens one', async ({ page }) => {
  await page.goto(`/hosts`);
  await page.getByRole('link', { name: 'web-0', exact: true }).focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowUp');
  await expect(page.getByRole('link', { name: 'web-1', exact: true })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/hosts\/web-1$/);
});

test('says what it cannot read in an address, and shows the rest', async ({ page }) => {
  await page.goto(`/hosts?status=asleep&match=region`);
  await expect(page.getByRole('alert').filter({ hasText: 'status is' })).toBeVisible();
  await expect(page.getByRole('alert').filter({ hasText: 'match: expected' })).toBeVisible();
  await expect(rows(page)).toHaveCount(50);
});

for (const colorScheme of ['light', 'dark'] as const) {
  test(`is accessible, ${colorScheme}, and made of cards on a phone`, async ({ page }) => {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width: 390, height: 844 });
    await page.goto(`/hosts`);
    await expect(rows(page).first()).toHaveCSS('display', 'grid');
    await expectNoSidewaysScroll(page);
    await expectAccessible(page);
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.getByRole('button', { name: 'Labels' }).click();
    await expect(page.getByRole('group', { name: 'region' })).toBeVisible();
    await expectAccessible(page);
  });
}
