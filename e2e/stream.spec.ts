import type { BrowserContext, Page } from '@playwright/test';
import { launch } from '../test/support/server-process';
import { expectLive, markDocument, setHidden } from './support/checks';
import { history, post, uniqueMetric } from './support/samples';
import { expect, startFreshServer, test } from './support/test';

const badge = '[data-live-state]';

test('an open page survives a restart of the server, and has no hole', async ({ page, complaints }) => {
  test.setTimeout(90_000);
  const metric = uniqueMetric('percent');
  const { server, settings, stop } = await startFreshServer();
  const end = Math.floor(Date.now() / 1_000) * 1_000;
  const at = (n: number) => end - 120_000 + n * 1_000;
  const samples = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, i) => ({
      name: metric,
      value: (from + i) % 10,
      timestamp: at(from + i),
    }));

  await post(server.url, samples(0, 60));
  await page.goto(`${server.url}/metrics/${metric}?start=now-5m&step=1s&view=table`);
  await expectLive(page);
  await post(server.url, samples(60, 70));
  await expect(page.locator(`tr[data-t="${at(69)}"]`)).toBeVisible();
  const mark = await markDocument(page);

  const stopped = server.stop();
  await expect(page.locator(badge)).toHaveAttribute('data-live-state', 'reconnecting');
  await stopped;
  const again = launch('server.ts', { ...settings, PORT: new URL(server.url).port });
  try {
    await expect
      .poll(
        () =>
          fetch(`${again.url}/api/ready`).then(
            ({ ok }) => ok,
            () => false,
          ),
        { timeout: 30_000 },
      )
      .toBe(true);
    // An agent sends what it has kept as soon as it can: before this page is back.
    await post(again.url, samples(70, 100));
    // The next attempt may be ten seconds away.
    await expectLive(page, 30_000);
    await post(again.url, samples(100, 110));
    await expect(page.locator(`tr[data-t="${at(109)}"]`)).toBeVisible();

    await page.getByRole('button', { name: 'Show all' }).click();
    const times = await page
      .locator('[data-points-table] tbody tr')
      .evaluateAll((rows) => rows.map((row) => Number(row.getAttribute('data-t'))));
    expect(times).toEqual(
      samples(0, 110)
        .map(({ timestamp }) => timestamp)
        .reverse(),
    );
    expect(await mark.stillThere()).toBe(true);
  } finally {
    await page.goto('about:blank');
    await again.stop();
    await stop();
    // Connections that the stopped server refused.
    const others = complaints.splice(0).filter((text) => !/ERR_|503/.test(text));
    expect(others).toEqual([]);
  }
});

test('ten tabs are live at once, and an eleventh still opens', async ({ context, server }) => {
  test.setTimeout(120_000);
  const metric = uniqueMetric('percent');
  await post(
    server.url,
    history(metric, { minutes: 2, everyMs: 1_000 }, () => 10),
  );
  const pages: Page[] = [];
  for (let i = 0; i < 11; i++) pages.push(await openTab(context, `${server.url}/metrics/${metric}`));
  await post(server.url, [{ name: metric, value: 77, timestamp: Date.now() + 2_000 }]);
  for (const page of pages) {
    await expect(page.locator('[data-legend] [data-latest]')).toHaveText('77 %');
  }
  // The tab whose page opened the stream goes; the others must not notice.
  await pages[0].close();
  await post(server.url, [{ name: metric, value: 78, timestamp: Date.now() + 4_000 }]);
  for (const page of pages.slice(1)) {
    await expect(page.locator('[data-legend] [data-latest]')).toHaveText('78 %');
  }
});

async function openTab(context: BrowserContext, url: string): Promise<Page> {
  const page = await context.newPage();
  await page.goto(url);
  await expectLive(page);
  return page;
}

test('a page that was hidden has what it missed', async ({ page, server }) => {
  const metric = uniqueMetric('percent');
  const end = Math.floor(Date.now() / 1_000) * 1_000;
  await post(
    server.url,
    history(metric, { minutes: 1, everyMs: 1_000 }, () => 10),
  );
  await page.goto(`/metrics/${metric}?start=now-5m&step=1s&view=table`);
  await expectLive(page);
  await setHidden(page, true);
  await expect.poll(() => openStreams(server.url)).toBe(0);
  await post(server.url, [{ name: metric, value: 42, timestamp: end + 3_000 }]);
  await page.waitForTimeout(1_000);
  await expect(page.locator(`tr[data-t="${end + 3_000}"]`)).toHaveCount(0);
  await setHidden(page, false);
  await expect(page.locator(`tr[data-t="${end + 3_000}"] td`).first()).toHaveText('42 %');
  await expectLive(page);
});

async function openStreams(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`, { headers: { accept: 'text/plain' } })).text();
  return Number(/^\S*streams\S* (\d+)/m.exec(text)?.[1]);
}
