import { chartPoint, expectLive, markDocument } from './support/checks';
import { history, post, uniqueMetric } from './support/samples';
import { expect, test } from './support/test';

const latest = '[data-legend] [data-latest]';

// Not the server's time zone, and not one of whole hours.
test.use({ timezoneId: 'Asia/Kolkata' });

test('moves without a reload when a sample is posted', async ({ page, server }) => {
  const metric = uniqueMetric('percent');
  await post(
    server.url,
    history(metric, { minutes: 2, everyMs: 1_000 }, () => 10),
  );
  await page.goto(`/metrics/${metric}`);
  await expectLive(page);
  await expect(page.locator(latest)).toHaveText('10 %');
  const line = page.locator('.recharts-surface path[data-part="line"]');
  const before = await line.getAttribute('d');
  const mark = await markDocument(page);

  await post(server.url, [{ name: metric, value: 87.25, timestamp: Date.now() + 4_000 }]);
  await expect(page.locator(latest)).toHaveText('87.3 %');
  await expect.poll(() => line.getAttribute('d')).not.toBe(before);
  expect(await mark.stillThere()).toBe(true);
});

test('shows a metric that begins while the page is open, and a late sample in its place', async ({
  page,
  server,
}) => {
  const metric = uniqueMetric('percent');
  await post(server.url, [{ name: metric, value: 1, timestamp: Date.now() - 3_600_000 }]);
  await page.goto(`/metrics/${metric}?start=now-5m&view=table`);
  await expect(page.getByText('No samples in this range')).toBeVisible();
  const t = Math.floor(Date.now() / 10_000) * 10_000;
  await post(server.url, [{ name: metric, value: 5, timestamp: t }]);
  await expect(page.locator('[data-points-table] td').first()).toHaveText('5 %');
  await post(server.url, [{ name: metric, value: 3, timestamp: t - 60_000 }]);
  await expect(page.locator(`tr[data-t="${t - 60_000}"] td`).first()).toHaveText('3 %');
});

test('keeps a one-second spike in sight when zoomed far out', async ({ page, server }) => {
  const metric = uniqueMetric('percent');
  const spike = 7_000;
  const samples = history(metric, { minutes: 360, everyMs: 2_000 }, (n) => (n === spike ? 99 : 20));
  for (let from = 0; from < samples.length; from += 5_000)
    await post(server.url, samples.slice(from, from + 5_000));
  await page.goto(`/metrics/${metric}?start=now-6h`);
  await expect(page.locator('[data-facts]')).toContainText('1 min step');
  await expect(page.locator('[data-legend] tbody td').last()).toHaveText('99 %');
  await expect(page.locator('.recharts-surface path[data-part="band"]')).toBeVisible();
});

test('zooms by dragging, and goes back', async ({ page, server }) => {
  const metric = uniqueMetric('percent');
  await post(
    server.url,
    history(metric, { minutes: 14, everyMs: 1_000 }, (n) => n % 50),
  );
  await page.goto(`/metrics/${metric}`);
  await expectLive(page);
  const from = await chartPoint(page, 0.4);
  const to = await chartPoint(page, 0.6);
  await page.mouse.move(from.x, from.y);
  await page.mouse.down();
  await page.mouse.move(to.x, to.y, { steps: 5 });
  await expect(page.locator('[data-selection]')).toBeVisible();
  await page.mouse.up();

  await expect(page).toHaveURL(/start=20.*&end=20/);
  const params = new URL(page.url()).searchParams;
  const seconds = (Date.parse(params.get('end')!) - Date.parse(params.get('start')!)) / 1_000;
  expect(seconds).toBeGreaterThan(170);
  expect(seconds).toBeLessThan(190);
  await expect(page.getByText('standing still')).toBeVisible();
  await expect(page.locator('[data-facts]')).toContainText('1 s step');

  await page.getByRole('button', { name: 'Zoom out' }).click();
  await expect.poll(() => Math.abs(spanOf(page.url()) - seconds * 2)).toBeLessThan(3);
  await page.goBack();
  await expect.poll(() => spanOf(page.url())).toBe(seconds);
  await page.getByRole('button', { name: 'Go live' }).click();
  await expect(page).toHaveURL(/start=now-5m/);
  await expectLive(page);
});

function spanOf(url: string): number {
  const params = new URL(url).searchParams;
  return (Date.parse(params.get('end') ?? '') - Date.parse(params.get('start') ?? '')) / 1_000;
}

test('pauses and goes on', async ({ page, server }) => {
  const metric = uniqueMetric('percent');
  await post(
    server.url,
    history(metric, { minutes: 5, everyMs: 1_000 }, () => 10),
  );
  await page.goto(`/metrics/${metric}?start=now-5m`);
  await page.getByRole('button', { name: 'Pause' }).click();
  await expect(page.getByText('standing still')).toBeVisible();
  const end = await page.locator('[data-chart]').getAttribute('data-end');
  await post(server.url, [{ name: metric, value: 90 }]);
  await page.waitForTimeout(1_500);
  expect(await page.locator('[data-chart]').getAttribute('data-end')).toBe(end);
  await page.getByRole('button', { name: 'Go live' }).click();
  await expect(page.getByRole('radio', { name: 'Last 5 minutes' })).toBeChecked();
  await expect(page.locator('[data-legend] tbody td').last()).toHaveText('90 %');
});

test('takes a custom range in local time', async ({ browser, server }) => {
  const metric = uniqueMetric('percent');
  await post(
    server.url,
    history(metric, { minutes: 30, everyMs: 10_000 }, (n) => n),
  );
  const context = await browser.newContext({ timezoneId: 'America/New_York' });
  const page = await context.newPage();
  await page.goto(`${server.url}/metrics/${metric}`);
  await page.getByRole('button', { name: 'Custom' }).click();
  await expect(page.getByText(/Times are local: America\/New_York/)).toBeVisible();
  await page.getByLabel('From').fill('2026-03-01T08:00:00');
  await page.getByLabel('To', { exact: true }).fill('2026-03-01T07:00:00');
  await page.getByRole('button', { name: 'Show this range' }).click();
  await expect(page.getByText('“From” must be before “to”.')).toBeVisible();
  await page.getByLabel('To', { exact: true }).fill('2026-03-01T09:30:00');
  await page.getByRole('button', { name: 'Show this range' }).click();
  await expect(page).toHaveURL(/start=2026-03-01T13%3A00%3A00Z&end=2026-03-01T14%3A30%3A00Z/);
  await expect(page.getByRole('button', { name: /1 Mar 2026 08:00:00/ })).toBeVisible();
  await context.close();
});

test('is read with the keyboard alone', async ({ page, server }) => {
  const metric = uniqueMetric('percent');
  await post(
    server.url,
    history(metric, { minutes: 5, everyMs: 1_000 }, (n) => n / 10),
  );
  const end = Math.floor(Date.now() / 1_000) * 1_000;
  await page.goto(`/metrics/${metric}?start=${end - 120_000}&end=${end - 20_000}&step=1s`);
  const chart = page.getByRole('group', { name: /arrow keys/i });
  await chart.focus();
  const spoken = chart.locator('[aria-live]');
  await page.keyboard.press('End');
  await expect(spoken).toContainText(/\d{2}:\d{2}:\d{2}: all series \d+(\.\d+)? %/);
  const atEnd = Number(await chart.getAttribute('data-crosshair'));
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('ArrowLeft');
  await expect.poll(async () => atEnd - Number(await chart.getAttribute('data-crosshair'))).toBe(2_000);

  for (let i = 0; i < 30; i++) await page.keyboard.press('Shift+ArrowLeft');
  await expect(page.locator('[data-selection]')).toBeVisible();
  await page.keyboard.press('Enter');
  await expect.poll(() => spanOf(page.url())).toBe(30);
});
