import { AxeBuilder } from '@axe-core/playwright';
import { expect, type Page } from '@playwright/test';

const DESKTOP = { width: 1280, height: 800 };
const SMALL_PHONE = { width: 360, height: 740 };

/** Where pages are looked at: options for `test.use`. */
export const SCREENS = [
  { name: 'light, desktop', colorScheme: 'light', viewport: DESKTOP },
  { name: 'dark, desktop', colorScheme: 'dark', viewport: DESKTOP },
  { name: 'light, small phone', colorScheme: 'light', viewport: SMALL_PHONE },
  { name: 'dark, small phone', colorScheme: 'dark', viewport: SMALL_PHONE },
] as const;

/** Nothing that axe calls serious or critical. */
export async function expectAccessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  expect(
    serious.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 200)).join('\n')}`),
  ).toEqual([]);
}

export async function expectNoSidewaysScroll(page: Page): Promise<void> {
  const overflow = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  expect(overflow, 'px that the page is wider than the screen').toBeLessThanOrEqual(0);
}

/** The badge in the header says that the stream is open. */
export async function expectLive(page: Page, timeout?: number): Promise<void> {
  await expect(page.locator('[data-live-state]')).toHaveAttribute('data-live-state', 'live', { timeout });
}

/** Marks the document; `stillThere` says later whether it is the same one, that is: whether nothing reloaded. */
export async function markDocument(page: Page): Promise<{ stillThere(): Promise<boolean> }> {
  await page.evaluate(() => {
    (window as { marked?: boolean }).marked = true;
  });
  return { stillThere: () => page.evaluate(() => (window as { marked?: boolean }).marked === true) };
}

/** Points at the middle of the page's chart, at the given parts of its width and height. */
export async function chartPoint(page: Page, x: number, y = 0.5): Promise<{ x: number; y: number }> {
  const box = await page
    .getByRole('group', { name: /arrow keys/i })
    .first()
    .boundingBox();
  if (!box) throw new Error('no chart');
  return { x: box.x + box.width * x, y: box.y + box.height * y };
}

/** Playwright keeps every page visible; this is what a page sees when its tab is left. */
export async function setHidden(page: Page, hidden: boolean): Promise<void> {
  await page.evaluate((value) => {
    Object.defineProperty(document, 'hidden', { configurable: true, get: () => value });
    document.dispatchEvent(new Event('visibilitychange'));
  }, hidden);
}
