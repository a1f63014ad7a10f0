import { readFileSync } from 'node:fs';
import type { HistoryAnswer } from '@/lib/model/wire/history';
import { expectAccessible, expectNoSidewaysScroll, SCREENS } from './support/checks';
import { history, post, uniqueMetric } from './support/samples';
import { expect, test } from './support/test';

const latest = '[data-legend] [data-latest]';

// Not the server's time zone, and not one of whole hours.
test.use({ timezoneId: 'Asia/Kolkata' });

test('is rendered by the server with its history, readable without scripts', async ({ server, browser }) => {
  const metric = uniqueMetric('percent');
  await post(
    server.url,
    history(metric, { minutes: 5, everyMs: 1_000 }, (n) => (n === 299 ? 41.5 : 20 + (n % 7))),
  );
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  // History that takes longer than a moment comes after the page, and needs a script to be shown.
  await expect(async () => {
    const response = await page.goto(`${server.url}/metrics/${metric}`);
    expect(await response?.text()).toContain('41.5 %');
    await expect(page.getByRole('heading', { level: 1 })).toContainText(metric);
    await expect(page.locator(latest)).toBeVisible({ timeout: 1_000 });
    await expect(page.locator('[data-poster] path[data-part="line"]')).toBeVisible({ timeout: 1_000 });
  }).toPass({ timeout: 30_000 });
  await context.close();
});

test('groups by labels, filters by suggested values, and shows the top', async ({ page, server }) => {
  const metric = uniqueMetric('percent');
  const hosts = Array.from({ length: 7 }, (_, i) => ({ host: `web-${i}`, region: i < 4 ? 'eu' : 'us' }));
  await post(
    server.url,
    hosts.flatMap((labels, i) => history(metric, { minutes: 3, everyMs: 2_000, labels }, () => i * 10)),
  );
  await page.goto(`/metrics/${metric}`);
  await expect(page.locator('[data-legend] tbody tr')).toHaveCount(1);

  await page.getByRole('button', { name: /Group by/ }).click();
  await page.getByRole('checkbox', { name: 'region' }).check();
  await expect(page.locator('[data-legend] tbody tr')).toHaveCount(2);
  await page.getByRole('checkbox', { name: 'host' }).check();
  await expect(page.locator('[data-legend] tbody tr')).toHaveCount(7);
  await expect(page.locator('[data-legend]')).toContainText('us · web-6');
  await page.keyboard.press('Escape');
  await expect(page).toHaveURL(/by=region%2Chost/);

  await page.getByRole('combobox', { name: 'Show' }).click();
  await page.getByRole('option', { name: 'top 5', exact: true }).click();
  await expect(page.locator('[data-legend] tbody tr')).toHaveCount(5);
  await expect(page.locator('[data-legend]')).not.toContainText('web-1');

  await page.getByRole('button', { name: 'Filter' }).click();
  await page.getByLabel('Label').selectOption('region');
  await page.getByRole('button', { name: 'eu', exact: true }).click();
  await page.getByRole('button', { name: 'Add filter' }).click();
  await expect(page.locator('[data-legend] tbody tr')).toHaveCount(4);
  await page.getByRole('button', { name: /Remove filter/ }).click();
  await expect(page.locator('[data-legend] tbody tr')).toHaveCount(5);

  const series = page.locator('.recharts-surface g[data-series]');
  await expect(series).toHaveCount(5);
  await page.getByRole('button', { name: 'us · web-5' }).click();
  await expect(series).toHaveCount(1);
  await page.getByRole('button', { name: 'us · web-5' }).click();
  await expect(series).toHaveCount(5);
});

test('says what is made of each series and what of all of them', async ({ page, server }) => {
  const metric = uniqueMetric('percent');
  // One reports ten times as often as the other, in whole minutes: part of one would have another average.
  const until = Math.floor(Date.now() / 60_000) * 60_000 - 1;
  await post(server.url, [
    ...history(metric, { minutes: 10, everyMs: 1_000, until, labels: { host: 'a' } }, () => 10),
    ...history(metric, { minutes: 10, everyMs: 10_000, until, labels: { host: 'b' } }, () => 43),
  ]);
  await page.goto(`/metrics/${metric}?step=minute`);
  await expect(page.getByRole('combobox', { name: 'Across series' })).toContainText('average of series');
  await expect(page.locator(latest)).toHaveText('26.5 %');
  const choose = async (option: string) => {
    await page.getByRole('combobox', { name: 'Across series' }).click();
    await page.getByRole('option', { name: option, exact: true }).click();
  };
  await choose('total of series');
  await expect(page.locator(latest)).toHaveText('53 %');
  await expect(page).toHaveURL(/aggregate=sum%28avg%29/);
  await choose('all samples alike');
  await expect(page.locator(latest)).toHaveText('13 %');
  await page.getByRole('combobox', { name: 'Aggregate' }).click();
  await page.getByRole('option', { name: 'Increase' }).click();
  await expect(page.getByRole('combobox', { name: 'Across series' })).toContainText('total of series');
});

test('compares with what was before, and shows what else the address asks', async ({ page, server }) => {
  const metric = uniqueMetric('percent');
  await post(server.url, [
    ...history(metric, { minutes: 3, everyMs: 1_000 }, () => 30),
    { name: metric, value: 10, timestamp: Date.now() - 3_600_000 - 60_000 },
  ]);
  await page.goto(`/metrics/${metric}?start=now-3m&step=3m`);
  await page.getByRole('combobox', { name: 'Compare with' }).click();
  await page.getByRole('option', { name: 'an hour before' }).click();
  await expect(page).toHaveURL(/expression=a\+-\+b/);
  await expect(page.locator(latest)).toHaveText('20 %');
  const further = page.getByRole('list', { name: 'Further parameters' });
  await expect(further).toContainText('expression=a - b');
  await expectAccessible(page);
  await page.getByRole('combobox', { name: 'Compare with' }).click();
  await page.getByRole('option', { name: 'nothing' }).click();
  await expect(further).toBeHidden();
  await expect(page.locator(latest)).toHaveText('30 %');
});

test('the URL holds the whole state', async ({ page, server }) => {
  const metric = uniqueMetric('bytes');
  const labels = { host: 'db-1', env: 'prod' };
  await post(
    server.url,
    history(metric, { minutes: 30, everyMs: 10_000, labels }, (n) => n * 2 ** 20),
  );
  const match = encodeURIComponent('{env="prod"}');
  await page.goto(
    `/metrics/${metric}?start=now-1h&aggregate=max&by=host&step=minute&top=20&match=${match}&view=table`,
  );
  await expect(page.getByRole('radio', { name: 'Last 1 hour' })).toBeChecked();
  await expect(page.getByRole('combobox', { name: 'Aggregate' })).toContainText('Highest');
  await expect(page.getByRole('button', { name: /Group by/ })).toContainText('host');
  await expect(page.getByRole('combobox', { name: 'Step' })).toContainText('minute');
  await expect(page.getByRole('combobox', { name: 'Show' })).toContainText('top 20');
  await expect(page.getByRole('listitem').filter({ hasText: 'env="prod"' })).toBeVisible();
  await expect(page.getByRole('columnheader', { name: 'db-1' })).toBeVisible();
  await expect(page.locator('[data-points-table]')).toContainText('MiB');

  const address = page.url();
  await page.getByRole('radio', { name: 'Last 6 hours' }).click();
  await expect(page).toHaveURL(/start=now-6h/);
  await page.goBack();
  await expect(page).toHaveURL(address);
  await expect(page.getByRole('radio', { name: 'Last 1 hour' })).toBeChecked();
});

test('the table and the CSV have the chart’s numbers', async ({ page, server }) => {
  const metric = uniqueMetric('percent');
  await post(
    server.url,
    ['a', 'b'].flatMap((host, i) =>
      history(
        metric,
        { minutes: 10, everyMs: 1_000, labels: { host } },
        (n) => Math.sin(n / 9) * 20 + 50 + i,
      ),
    ),
  );
  const end = Math.floor(Date.now() / 10_000) * 10_000;
  const question = `start=${end - 300_000}&end=${end}&step=10s&by=host`;
  const answer = (await (
    await fetch(`${server.url}/api/metrics/${metric}?${question}&aggregate=avg(avg),min,max`)
  ).json()) as HistoryAnswer;
  expect(answer.series).toHaveLength(2);

  await page.goto(`/metrics/${metric}?${question}&view=table`);
  await expect(page.locator('[data-points-table] tbody tr')).toHaveCount(30);
  const rows = await page
    .locator('[data-points-table] tbody tr')
    .evaluateAll((elements) =>
      elements.map((row) => [
        Number(row.getAttribute('data-t')),
        ...[...row.querySelectorAll('td')].map((cell) => Number(cell.getAttribute('data-value'))),
      ]),
    );
  const headers = await page.getByRole('columnheader').allTextContents();
  const order = answer.series.toSorted(
    (a, b) => headers.indexOf(`${a.labels.host} avg(avg)`) - headers.indexOf(`${b.labels.host} avg(avg)`),
  );
  const expected = order[0].points.map(([t], i) => [t, ...order.flatMap(({ points }) => points[i].slice(1))]);
  expect(rows).toEqual(expected.reverse());

  const download = page.waitForEvent('download');
  await page.getByRole('link', { name: 'CSV' }).click();
  const csv = readFileSync(await (await download).path(), 'utf8')
    .trim()
    .split('\r\n');
  expect(csv[0]).toBe('timestamp,time,host,avg(avg),min,max');
  expect(csv).toHaveLength(61);
  const first = answer.series[0].points[0];
  expect(csv).toContain(`${first[0]},${new Date(first[0]).toISOString()},a,${first.slice(1).join()}`);
});

test('says what is wrong with a question, in the contract’s words', async ({ page, server }) => {
  const metric = uniqueMetric('percent');
  await post(server.url, [{ name: metric, value: 1 }]);
  await page.goto(`/metrics/${metric}?match=${encodeURIComponent('{host=')}`);
  await expect(page.getByText(/match/).first()).toBeVisible();
  await page.goto(`/metrics/${metric}?start=now-90d&step=1s`);
  await expect(page.getByText(/points/).first()).toBeVisible();
  await expect(page.getByRole('button', { name: 'Try again' })).toBeVisible();
});

test('teaches how a metric comes into being where there is none', async ({ page, complaints }) => {
  const response = await page.goto('/metrics/not/yet:there');
  expect(response?.status()).toBe(404);
  await expect(page.getByText('"name":"not/yet:there"')).toBeVisible();
  await page.getByRole('button', { name: 'Copy' }).click();
  await expectAccessible(page);
  // The browser notes the 404 of the page itself.
  expect(complaints.splice(0)).toHaveLength(1);
});

test('finds metrics with slashes and colons in their names', async ({ page, server }) => {
  for (const name of [`${uniqueMetric('a')}/b:c`, `${uniqueMetric('a')}//b`]) {
    await post(server.url, [{ name, value: 7 }]);
    await page.goto(`/metrics?search=${encodeURIComponent(name)}`);
    await page.getByRole('link', { name }).click();
    await expect(page.getByRole('heading', { level: 1 })).toContainText(name);
    await expect(page.locator(latest)).toHaveText('7');
  }
});

for (const { name, ...screen } of SCREENS) {
  test.describe(name, () => {
    test.use(screen);
    test('is accessible and fits the screen', async ({ page, server }) => {
      const metric = uniqueMetric('percent');
      await post(
        server.url,
        ['a', 'b', 'c'].flatMap((host) =>
          history(metric, { minutes: 5, everyMs: 5_000, labels: { host } }, (n) => n),
        ),
      );
      for (const state of ['', '&view=table']) {
        await page.goto(`/metrics/${metric}?by=host${state}`);
        await expect(page.locator('[data-legend] tbody tr')).toHaveCount(3);
        await expectNoSidewaysScroll(page);
        await expectAccessible(page);
      }
      await page.getByRole('button', { name: 'Filter' }).click();
      await expectAccessible(page);
    });
  });
}
