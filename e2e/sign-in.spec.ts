import type { Page } from '@playwright/test';
import { expectAccessible, expectLive, setHidden } from './support/checks';
import { history, post, uniqueMetric } from './support/samples';
import { expect, startFreshServer, test } from './support/test';

const PASSWORD = 'correct horse';

test('a password keeps the pages; an open page notices when its session ends, and leads back', async ({
  page,
  context,
  complaints,
}) => {
  const { server, stop } = await startFreshServer({ DASHBOARD_PASSWORD: PASSWORD });
  const metric = uniqueMetric('percent');
  await post(
    server.url,
    history(metric, { minutes: 2, everyMs: 1_000 }, () => 10),
  );

  await page.goto(`${server.url}/metrics/${metric}?start=now-5m`);
  await expect(page.getByRole('heading', { level: 1, name: 'Sign in' })).toBeVisible();
  for (const way of [
    page.getByRole('link', { name: 'Hosts' }),
    page.getByRole('button', { name: 'Sign out' }),
  ])
    await expect(way).toHaveCount(0);
  await expectAccessible(page);
  await signIn(page, 'wrong');
  await expect(page.getByRole('alert').filter({ hasText: 'That is not the password.' })).toBeVisible();
  await signIn(page, PASSWORD);
  await expect(page).toHaveURL(`${server.url}/metrics/${metric}?start=now-5m`);
  await expectLive(page);
  await post(server.url, [{ name: metric, value: 77, timestamp: Date.now() + 2_000 }]);
  await expect(page.locator('[data-legend] [data-latest]')).toHaveText('77 %');

  // The session ends while the page is left; on return its stream is refused.
  await setHidden(page, true);
  await context.clearCookies();
  await setHidden(page, false);
  await expect(page.getByRole('heading', { level: 1, name: 'Sign in' })).toBeVisible();
  await signIn(page, PASSWORD);
  await expect(page).toHaveURL(`${server.url}/metrics/${metric}?start=now-5m`);
  await expectLive(page);

  // Signing out is for every page of the session: the other one notices by itself.
  const other = await context.newPage();
  await other.goto(`${server.url}/metrics/${metric}?start=now-5m`);
  await expectLive(other);
  await page.getByRole('button', { name: 'Sign out' }).click();
  for (const each of [page, other])
    await expect(each.getByRole('heading', { level: 1, name: 'Sign in' })).toBeVisible();
  await other.close();
  await page.goto('about:blank');
  await stop();
  const others = complaints.splice(0).filter((text) => !/401/.test(text));
  expect(others).toEqual([]);
});

async function signIn(page: Page, password: string): Promise<void> {
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}
