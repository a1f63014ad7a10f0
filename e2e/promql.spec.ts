import type { Page } from '@playwright/test';
import {
  chartPoint,
  expectAccessible,
  expectNoSidewaysScroll,
  markDocument,
  SCREENS,
  setHidden,
} from './support/checks';
import { history, post, uniqueMetric } from './support/samples';
import { expect, test } from './support/test';

const latest = '[data-legend] [data-latest]';
const rows = '[data-legend] tbody tr';
const field = (page: Page) => page.getByRole('textbox', { name: 'PromQL expression' });
/** The editor has taken the place of the plain field. */
const editor = (page: Page) => page.locator('.cm-content');
const promqlUrl = (query: string, more: Record<string, string> = {}) =>
  `/promql?${new URLSearchParams({ query, ...more })}`;

async function postHosts(url: string, metric: string, hosts = ['a', 'b']): Promise<void> {
  await post(
    url,
    hosts.flatMap((host, i) =>
      history(metric, { minutes: 5, everyMs: 5_000, labels: { host, region: 'eu' } }, () => (i + 1) * 10),
    ),
  );
}

test('an expression is typed with completion and drawn; its values are those of the API', async ({
  page,
  server,
}) => {
  const metric = uniqueMetric('bytes');
  await postHosts(server.url, metric);
  await page.goto('/promql');
  await expect(editor(page)).toBeVisible();
  await field(page).click();
  await page.keyboard.type(`su`);
  await page
    .getByRole('option')
    .filter({ hasText: /^sum\s*aggregation/ })
    .click();
  await page.keyboard.type(` by (host) (${metric.slice(0, -3)}`);
  await page.getByRole('option', { name: metric }).click();
  await page.keyboard.type('{ho');
  await page.getByRole('option', { name: 'host', exact: true }).click();
  await page.keyboard.type('=~"a|b"');
  await expect(field(page)).toContainText(`sum by (host) (${metric}{host=~"a|b"})`);
  await page.getByRole('button', { name: 'Run' }).click();
  await expect(page).toHaveURL(/\/promql\?query=sum\+by/);
  await expect(page.locator(rows)).toHaveCount(2);
  await expect(page.locator('.recharts-surface g[data-series]')).toHaveCount(2);

  await page.getByRole('button', { name: 'Pause' }).click();
  await expect(page.getByText('standing still')).toBeVisible();
  await page.getByRole('radio', { name: 'Table' }).click();
  const cells = page.locator('[data-points-table] tbody tr').first();
  const t = Number(await cells.getAttribute('data-t'));
  const asked = new URLSearchParams({
    query: `sum by (host) (${metric}{host=~"a|b"})`,
    start: String(t / 1_000),
    end: String(t / 1_000),
    step: '1',
  });
  const { data } = await (await fetch(`${server.url}/api/v1/query_range?${asked}`)).json();
  const values = data.result.map((series: { values: [number, string][] }) => Number(series.values[0][1]));
  expect(values).toEqual([10, 20]);
  await expect(cells.locator('td').first()).toHaveAttribute('data-value', '10');
  await expect(cells.locator('td').last()).toHaveAttribute('data-value', '20');
});

test('a mistake is shown at its place, and Enter asks again', async ({ page, server }) => {
  const metric = uniqueMetric('percent');
  await postHosts(server.url, metric);
  await page.goto(promqlUrl(`sum(${metric}) + rate(${metric})`));
  const alert = page.getByRole('main').getByRole('alert');
  await expect(alert).toContainText('expected type range vector');
  await expect(alert.locator('mark')).toHaveText(metric);
  await expect(page.locator('.cm-lintRange-error')).toHaveText(metric);
  await expectAccessible(page);

  await editor(page).fill(`sum(${metric})`);
  await page.keyboard.press('Escape');
  await page.keyboard.press('Enter');
  await expect(page.locator(latest)).toHaveText('30 %');
  await expect(alert).toBeHidden();
  await expect(page.locator('.cm-lintRange-error')).toBeHidden();
  await page.goBack();
  await expect(alert.locator('mark')).toHaveText(metric);
  await expect(field(page)).toContainText(`rate(${metric})`);
});

test('the address can be shared: it is rendered by the server, also without scripts', async ({
  browser,
  server,
}) => {
  const metric = uniqueMetric('percent');
  await postHosts(server.url, metric);
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await expect(async () => {
    await page.goto(server.url + promqlUrl(`max(${metric})`, { start: 'now-5m' }));
    await expect(page.locator(latest)).toHaveText('20 %', { timeout: 1_000 });
    await expect(page.locator('[data-poster] path[data-part="line"]')).toHaveAttribute('d', /L/, {
      timeout: 1_000,
    });
  }).toPass({ timeout: 30_000 });
  await field(page).fill(`min(${metric})`);
  await page.getByRole('button', { name: 'Run' }).click();
  await expect(page).toHaveURL(/query=min%28.*start=now-5m/);
  await expect(page.locator(latest)).toHaveText('10 %');
  await context.close();
});

test('goes from the controls to the expression that asks the same, and back', async ({ page, server }) => {
  const metric = uniqueMetric('percent');
  await postHosts(server.url, metric);
  const match = '{region="eu"}';
  await page.goto(`/metrics/${metric}?${new URLSearchParams({ by: 'host', match, start: 'now-5m' })}`);
  await expect(page.locator(rows)).toHaveCount(2);
  const modes = page.getByRole('navigation', { name: 'Ask with' });
  await modes.getByRole('link', { name: 'PromQL' }).click();
  await expect(field(page)).toHaveText(`avg by (host) (${metric}{region="eu"})`);
  await expect(page.locator(rows)).toHaveCount(2);
  await expect(page.getByRole('radio', { name: 'Last 5 minutes' })).toBeChecked();
  await modes.getByRole('link', { name: 'Builder' }).click();
  await expect(page).toHaveURL(new RegExp(`/metrics/${metric}\\?.*by=host`));
  await expect(page.getByRole('list', { name: 'Filters' })).toContainText('region="eu"');
  await expect(page.getByRole('radio', { name: 'Last 5 minutes' })).toBeChecked();
});

test('new values appear without a reload, while somebody looks', async ({ page, server }) => {
  const metric = uniqueMetric('percent');
  await postHosts(server.url, metric, ['a']);
  const asked: string[] = [];
  page.on('request', (request) => {
    if (request.url().includes('/query_range')) asked.push(request.url());
  });
  await page.goto(promqlUrl(metric, { start: 'now-5m' }));
  await expect(page.locator('[data-facts]')).toContainText('evaluated every 1 s');
  await expect(page.locator(latest)).toHaveText('10 %');
  const mark = await markDocument(page);
  await post(server.url, [{ name: metric, value: 77, labels: { host: 'a', region: 'eu' } }]);
  await expect(page.locator(latest)).toHaveText('77 %');
  expect(await mark.stillThere()).toBe(true);
  // Only the newest steps are asked for.
  const { searchParams } = new URL(asked.at(-1)!);
  expect(Number(searchParams.get('end')) - Number(searchParams.get('start'))).toBeLessThan(100);

  await setHidden(page, true);
  await page.waitForTimeout(1_500);
  const before = asked.length;
  await page.waitForTimeout(2_500);
  expect(asked.length).toBe(before);
  await setHidden(page, false);
  await expect.poll(() => asked.length).toBeGreaterThan(before);
});

test('numbers, texts, ranges of samples, nothing and too much each say what they are', async ({
  page,
  server,
}) => {
  const metric = uniqueMetric('things');
  await post(
    server.url,
    Array.from({ length: 130 }, (_, i) => ({ name: metric, value: i, labels: { host: `h${i}` } })),
  );
  await page.goto('/promql');
  await expect(page.getByText('Type an expression, and press Enter')).toBeVisible();
  await expectAccessible(page);
  await page.goto(promqlUrl('6 * 7'));
  await expect(page.locator(latest)).toHaveText('42');
  await page.goto(promqlUrl('"a text"'));
  await expect(page.getByRole('region', { name: 'Chart' })).toContainText('a text');
  await page.goto(promqlUrl(`${metric}[5m]`));
  await expect(page.getByRole('main').getByRole('alert')).toContainText('A range of samples cannot be drawn');
  await page.goto(promqlUrl(`${metric}{host="nobody"}`));
  await expect(page.getByText('Nothing matches in this range')).toBeVisible();
  await page.goto(promqlUrl(metric));
  await expect(page.getByText('There are more than 100 series')).toBeVisible();
  await page.getByRole('button', { name: 'Show all 100' }).click();
  await expect(page.locator(rows)).toHaveCount(100);
  await page.goto(promqlUrl('topk(NaN, x)'));
  await expect(page.getByRole('main').getByRole('alert')).toContainText('Parameter value is NaN');
});

test('is zoomed by dragging, and used with the keyboard alone', async ({ page, server }) => {
  const metric = uniqueMetric('percent');
  await postHosts(server.url, metric, ['a']);
  await page.goto(promqlUrl(metric, { start: 'now-5m' }));
  await expect(editor(page)).toBeVisible();
  await expect(page.locator('.recharts-surface path[data-part="line"]')).toHaveAttribute('d', /L/);
  const from = await chartPoint(page, 0.4);
  const to = await chartPoint(page, 0.6);
  await page.mouse.move(from.x, from.y);
  await page.mouse.down();
  await page.mouse.move(to.x, to.y, { steps: 5 });
  await page.mouse.up();
  await expect(page).toHaveURL(/start=20.*&end=20/);
  await expect(page.getByText('standing still')).toBeVisible();
  // Tab leaves the field.
  await field(page).focus();
  await page.keyboard.press('Tab');
  await expect(page.getByRole('button', { name: 'Run' })).toBeFocused();
});

for (const { name, ...screen } of SCREENS) {
  test.describe(name, () => {
    test.use(screen);
    test('is accessible and fits the screen', async ({ page, server }) => {
      const metric = uniqueMetric('bytes_total');
      await post(
        server.url,
        ['eu-west', 'us-east', 'ap-south'].flatMap((region, i) =>
          history(
            metric,
            { minutes: 14, everyMs: 5_000, labels: { region, host: `web-${i}` }, type: 'counter' },
            (n) => n * (i + 1) * 20_000 + Math.sin(n / 9) * 40_000,
          ).filter((_, n) => i !== 1 || n < 60 || n > 100),
        ),
      );
      await page.goto(promqlUrl(`sum by (region) (rate(${metric}[1m])) * 8`));
      await expect(page.locator(rows)).toHaveCount(3);
      await expect(editor(page)).toBeVisible();
      await expectNoSidewaysScroll(page);
      await expectAccessible(page);
      await field(page).click();
      await page.keyboard.press('End');
      await page.keyboard.type(' + ra');
      await expect(page.getByRole('option').first()).toBeVisible();
      await expectNoSidewaysScroll(page);
      await expectAccessible(page);
    });
  });
}
