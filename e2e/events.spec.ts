import type { Page } from '@playwright/test';
import { expectAccessible, expectNoSidewaysScroll, markDocument, SCREENS } from './support/checks';
import { testOnOwnServer } from './support/own-server';
import { expect } from './support/test';

const test = testOnOwnServer();

async function postEvents(url: string, events: object[]): Promise<void> {
  const response = await fetch(`${url}/api/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(events),
  });
  expect(response.status, await response.text()).toBe(200);
}

const rows = (page: Page) => page.locator('li[data-event]');

test('says what to do before the first event, and shows it the moment it comes', async ({ page, server }) => {
  await page.goto('/events');
  await expect(page.getByText('No event yet')).toBeVisible();
  await expect(page.getByText(/npm run events -- --url http/)).toBeVisible();
  await expectAccessible(page);
  const document = await markDocument(page);
  await postEvents(server.url, [
    { service: 'shop', endpoint: '/first', status: 200, duration: 12, message: 'the first' },
  ]);
  await expect(rows(page)).toHaveCount(1);
  await expect(rows(page)).toContainText('the first');
  expect(await document.stillThere()).toBe(true);
});

test.describe('with events', () => {
  test.beforeAll(async ({ server }) => {
    const now = Date.now();
    await postEvents(
      server.url,
      Array.from({ length: 150 }, (_, i) => ({
        timestamp: now - i * 1_000,
        service: i % 3 ? 'shop' : 'checkout',
        endpoint: `GET /orders/${i}`,
        level: i % 10 ? 'info' : 'error',
        status: i % 10 ? 200 : 503,
        duration: 10 + i,
        host: `web-${i % 2}`,
        message: `order ${i}${i % 10 ? '' : ' failed: a very long explanation of what went wrong '.repeat(8)}`,
        traceId: `trace-${i}`,
        customer: { plan: 'pro' },
      })),
    );
  });

  test('lists the newest first without any script, with filters as a form', async ({ browser, server }) => {
    const context = await browser.newContext({ javaScriptEnabled: false });
    const page = await context.newPage();
    await page.goto(`${server.url}/events?service=checkout&q=order+12`);
    // 12, 120, 123, 126, 129.
    await expect(rows(page)).toHaveCount(5);
    await expect(rows(page).first()).toContainText('order 12');
    await expect(rows(page).first()).toContainText('GET /orders/:id');
    await context.close();
  });

  test('filters by what is clicked, pages back, and the address holds it all', async ({ page }) => {
    await page.goto('/events');
    await expect(rows(page)).toHaveCount(100);
    await rows(page).first().getByRole('link', { name: 'GET /orders/:id' }).click();
    await expect(page).toHaveURL(/endpoint=GET/);
    await page.getByRole('combobox', { name: 'Level' }).click();
    await page.getByRole('option', { name: 'Errors' }).click();
    await expect(page).toHaveURL(/level=error%2Cfatal/);
    await expect(rows(page)).toHaveCount(15);
    await page.getByRole('button', { name: 'Remove the filter level' }).click();
    await expect(rows(page)).toHaveCount(100);
    await page.getByRole('link', { name: 'Older' }).click();
    await expect(rows(page)).toHaveCount(50);
    await expect(page.getByRole('button', { name: 'Hold' })).toHaveCount(0);
    await page.goBack();
    await expect(rows(page)).toHaveCount(100);
    await page.getByRole('searchbox', { name: 'Search events' }).fill('trace-77');
    await page.keyboard.press('Enter');
    await expect(rows(page)).toHaveCount(1);
    await rows(page).getByText('More').click();
    await expect(rows(page).getByText('GET /orders/77')).toBeVisible();
    await page.getByRole('searchbox', { name: 'Search events' }).fill('nobody wrote this');
    await page.keyboard.press('Enter');
    await expect(page.getByText('No event fits these filters')).toBeVisible();
    await page.getByRole('link', { name: 'Show all events' }).click();
    await expect(rows(page)).toHaveCount(100);
  });

  test('can be held while it is read, and goes on', async ({ page, server }) => {
    await page.goto('/events');
    await expect(rows(page)).toHaveCount(100);
    await page.getByRole('button', { name: 'Hold' }).click();
    await postEvents(server.url, [{ message: 'while held' }]);
    await page.getByRole('button', { name: 'Go on' }).click();
    await expect(rows(page).first()).toContainText('while held');
    // Other filters are another list, which is not held.
    await page.getByRole('button', { name: 'Hold' }).click();
    await page.getByRole('link', { name: 'checkout' }).first().click();
    await expect(rows(page)).toHaveCount(50);
    await expect(page.getByRole('button', { name: 'Hold' })).toBeVisible();
  });

  test('a page of the past is left as it is while events come', async ({ page, context, server }) => {
    const asked: string[] = [];
    page.on('request', (request) => {
      if (new URL(request.url()).pathname === '/api/events') asked.push(request.url());
    });
    await page.goto(`/events?to=${Date.now() - 5_000}`);
    await expect(rows(page)).toHaveCount(100);
    const live = await context.newPage();
    await live.goto('/events');
    for (const message of ['now', 'then']) {
      await postEvents(server.url, [{ message }]);
      await expect(rows(live).first()).toContainText(message);
    }
    expect(asked).toEqual([]);
  });

  test('is reached from a host and from a chart, for what that shows', async ({ page, server }) => {
    await fetch(`${server.url}/api/metrics`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'cpu_usage_percent', value: 1, labels: { host: 'web-1' } }),
    });
    await page.goto('/hosts/web-1');
    await page.getByRole('link', { name: 'Events', exact: true }).last().click();
    await expect(page).toHaveURL(/\/events\?host=web-1$/);
    await expect(rows(page)).toHaveCount(75);
    await page.goto('/metrics/response_time?start=now-6h&match=%7Bservice%3D%22checkout%22%7D');
    await page.getByRole('link', { name: 'Events then' }).click();
    await expect(page).toHaveURL(/\/events\?from=now-6h&service=checkout$/);
    await expect(rows(page)).toHaveCount(50);
  });

  test('an address that asks for something there is not says so', async ({ page }) => {
    await page.goto('/events?level=loud');
    await expect(page.getByText(/level must be of/)).toBeVisible();
    await expectAccessible(page);
    await page.getByRole('link', { name: 'Show all events' }).click();
    await expect(rows(page)).toHaveCount(100);
  });

  for (const { name, ...screen } of SCREENS)
    test.describe(name, () => {
      test.use(screen);
      test('is accessible, and no wider than the screen', async ({ page }) => {
        await page.goto('/events?q=failed');
        await expect(rows(page)).toHaveCount(15);
        await rows(page).first().getByText('More').click();
        await expectAccessible(page);
        await expectNoSidewaysScroll(page);
      });
    });
});
