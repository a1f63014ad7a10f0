import { expectAccessible, markDocument } from './support/checks';
import { keepPosting, postHosts } from './support/hosts';
import { testOnOwnServer } from './support/own-server';
import { expect } from './support/test';

const test = testOnOwnServer();

test('from nothing to a fleet without a single reload', async ({ page, server }) => {
  await page.goto('/');
  await expect(page.getByRole('heading', { name: 'Waiting for the first sample' })).toBeVisible();
  await expect(page.getByText(`curl ${server.url}/api/metrics`)).toBeVisible();
  await expect(page.getByText(`npm run agent -- --url ${server.url}`)).toBeVisible();
  await expectAccessible(page);
  await expect(page.getByRole('link', { name: 'Choose what runs' })).toHaveAttribute('href', '/connect');
  // A mark that a reload would wipe away.
  const document = await markDocument(page);

  const posting = await keepPosting(server.url, (second) => [
    { host: 'first', values: { cpu_usage_percent: 20 + (second % 10), queue_depth: second } },
  ]);
  await expect(page.getByRole('heading', { name: 'first' })).toBeVisible();
  await expect(page.locator('[data-host-status="reporting"]')).toBeVisible();
  const cpu = page.getByRole('region', { name: 'CPU', exact: true });
  await expect(cpu.locator('[data-latest]')).toHaveText(/^2\d(\.\d+)? %$/);
  await expect(page.getByRole('region', { name: 'queue_depth' })).toBeVisible();

  await postHosts(server.url, [{ host: 'second', values: { cpu_usage_percent: 70 } }]);
  await expect(page.getByRole('heading', { name: 'Fleet', level: 1 })).toBeVisible();
  await expect(page.locator('a[data-status="reporting"]')).toContainText('2');
  expect(await document.stillThere()).toBe(true);
  await posting.stop();
});
