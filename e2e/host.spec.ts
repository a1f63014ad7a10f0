import { expectAccessible, expectNoSidewaysScroll } from './support/checks';
import { keepPosting } from './support/hosts';
import { testOnOwnServer } from './support/own-server';
import { expect } from './support/test';

const test = testOnOwnServer();
const HOST = 'db/1 "main"';
const path = `/hosts/${encodeURIComponent(HOST)}`;
let posting: { stop(): Promise<void> };

/** A host with the usual figures, two cores, a counter, and enough of others to fill more than a screen. */
test.beforeAll(async ({ server }) => {
  posting = await keepPosting(server.url, (second) => [
    {
      host: HOST,
      labels: { region: 'eu' },
      values: {
        cpu_usage_percent: 30 + (second % 5),
        memory_used_percent: 60,
        load1: 1.5,
        swap_used_percent: 3,
        processes_count: 200,
        uptime_seconds: 1_000 + second,
        disk_busy_percent: 12,
        filesystem_used_percent: 45,
        temperature_celsius: 50,
        ...Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`orders_${i}`, second + i])),
      },
    },
    ...[0, 1].map((core) => ({
      host: HOST,
      labels: { region: 'eu', core: String(core) },
      values: { cpu_core_usage_percent: 10 + 50 * core },
    })),
  ]);
});
test.afterAll(() => posting.stop());

test('shows all metrics of the host in chapters, parts apart, and they move', async ({ page }) => {
  await page.goto(`${path}`);
  await expect(page.getByRole('heading', { level: 1 })).toContainText(HOST);
  await expect(page.locator('[data-host-status="reporting"]')).toBeVisible();
  await expect(page.getByRole('link', { name: 'region eu' })).toHaveAttribute('href', /match=/);
  await expect(page.getByRole('navigation', { name: 'Sections' })).toContainText(/CPU 3.*Memory 2.*Disks 2/);

  const cores = page.getByRole('region', { name: 'cpu_core_usage_percent' });
  await expect(cores.getByRole('listitem').first()).toContainText(/0\s*10 %/);
  await expect(cores.getByRole('listitem').last()).toContainText(/1\s*60 %/);

  const cpu = page.getByRole('region', { name: 'cpu_usage_percent', exact: true });
  const seen = new Set<string>();
  await expect
    .poll(async () => seen.add((await cpu.locator('[data-latest]').textContent()) ?? '').size)
    .toBeGreaterThan(1);
});

test('asks for panels further down when they come near', async ({ page }) => {
  await page.goto(`${path}`);
  const last = page.getByRole('region', { name: 'orders_9', exact: true });
  await expect(last).toBeAttached();
  await expect(last.locator('[data-chart]')).toHaveCount(0);
  await last.scrollIntoViewIfNeeded();
  await expect(last.locator('[data-chart]')).toBeVisible();
});

test('takes its time range and the way parts are shown from the address', async ({ page }) => {
  await page.goto(`${path}?start=now-15m&parts=together`);
  const chart = page.getByRole('region', { name: 'cpu_usage_percent', exact: true }).locator('[data-chart]');
  await expect(chart).toBeVisible();
  // In one look: a live chart moves between two.
  const span = () => chart.evaluate(({ dataset }) => Number(dataset.end) - Number(dataset.start));
  expect(await span()).toBe(15 * 60_000);
  const cores = page.getByRole('region', { name: 'cpu_core_usage_percent' });
  await expect(cores.locator('[data-latest]')).toHaveText('35 %');

  await page.getByRole('radio', { name: 'Parts apart' }).click();
  await expect(cores.getByRole('listitem')).toHaveCount(2);
  await page.getByRole('radio', { name: 'Last 5 minutes' }).click();
  await expect(page).toHaveURL(/start=now-5m/);
  await expect.poll(span).toBe(5 * 60_000);
});

test('leads to the explorer with the same question', async ({ page }) => {
  await page.goto(`${path}`);
  await page.getByRole('link', { name: 'cpu_core_usage_percent' }).click();
  await expect(page).toHaveURL(/\/metrics\/cpu_core_usage_percent\?.*by=core/);
  await expect(page.getByRole('heading', { level: 1 })).toContainText('cpu_core_usage_percent');
  expect(new URL(page.url()).searchParams.get('match')).toBe('{host="db/1 \\"main\\""}');
});

test('twelve panels of a host are one request', async ({ request, server }) => {
  const names = [
    'cpu_usage_percent',
    'memory_used_percent',
    'load1',
    ...Array.from({ length: 9 }, (_, i) => `orders_${i}`),
  ];
  const queries = names.map((metric) => ({
    metric,
    start: 'now-1h',
    match: '{host="db/1 \\"main\\""}',
    aggregate: 'avg,min,max',
    maxPoints: '300',
  }));
  const response = await request.post(`${server.url}/api/query`, { data: { queries } });
  const { results } = (await response.json()) as { results: Array<{ series?: unknown[] }> };
  expect(results.map(({ series }) => series?.length)).toEqual(names.map(() => 1));
});

test('an unknown host comes with the line that makes it', async ({ page, complaints }) => {
  const response = await page.goto(`/hosts/nobody`);
  expect(response?.status()).toBe(404);
  await expect(page.getByRole('heading', { name: 'There is no such host yet' })).toBeVisible();
  await expect(page.getByText('"host":"nobody"')).toBeVisible();
  // The browser notes the 404 of the page itself.
  expect(complaints.splice(0)).toHaveLength(1);
});

for (const colorScheme of ['light', 'dark'] as const) {
  test(`is accessible, ${colorScheme}, and fits a phone`, async ({ page }) => {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width: 390, height: 844 });
    await page.goto(`${path}`);
    await expect(page.locator('[data-chart]').first()).toBeVisible();
    await expectNoSidewaysScroll(page);
    await expectAccessible(page);
    await page.setViewportSize({ width: 1440, height: 900 });
    await expectAccessible(page);
  });
}
