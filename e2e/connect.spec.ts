import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import type { Page } from '@playwright/test';
import { StatsD } from 'hot-shots';
import { Counter, Pushgateway, Registry } from 'prom-client';
import { PROTOCOLS } from '@/lib/model/protocols/protocols';
import { freePort } from '../test/support/processes';
import {
  expectAccessible,
  expectLive,
  expectNoSidewaysScroll,
  markDocument,
  SCREENS,
} from './support/checks';
import { testOnOwnServer } from './support/own-server';
import { expect } from './support/test';

const news = (page: Page) => page.locator('[data-news]');
const section = (page: Page, name: string) => page.getByRole('region', { name, exact: true });

async function post(
  url: string,
  path: string,
  headers: Record<string, string>,
  body: string,
): Promise<number> {
  const response = await fetch(`${url}${path}`, { method: 'POST', headers, body });
  await response.text();
  return response.status;
}

const JSON_TYPE = { 'content-type': 'application/json' };
const SAMPLES = JSON.stringify([
  { name: 'cpu_usage_percent', value: 1, labels: { host: 'web-1' } },
  { name: 'memory_used_percent', value: 2, labels: { host: 'web-1' } },
]);

let statsdPort = 0;
const open = testOnOwnServer(async () => {
  statsdPort = await freePort();
  return { STATSD_PORT: String(statsdPort) };
});

open.describe('a server without keys', () => {
  open(
    'has for each protocol what to paste, with its own address, without any script',
    async ({ browser, server }) => {
      const context = await browser.newContext({ javaScriptEnabled: false });
      const page = await context.newPage();
      await page.goto(`${server.url}/connect`);
      const place = { origin: server.url, key: null, ports: { STATSD_PORT: statsdPort } };
      for (const { name, configs } of Object.values(PROTOCOLS)) {
        const shown = await section(page, name).locator('figure pre').allTextContents();
        expect(shown, name).toEqual(configs.map(({ text }) => text(place)));
      }
      await expect(section(page, 'Graphite').getByText('GRAPHITE_PORT=2003 npm start')).toBeVisible();
      await expect(section(page, 'StatsD').getByText('npm start')).toHaveCount(0);
      await expect(page.getByText('No key is needed')).toBeVisible();
      await context.close();
    },
  );

  open('says what it has received the moment it has, of whom, without a reload', async ({ page, server }) => {
    await page.goto('/connect');
    await expect(news(page)).toContainText('Listening.');
    await expectLive(page);
    const document = await markDocument(page);

    expect(
      await post(server.url, '/api/metrics', { ...JSON_TYPE, 'user-agent': 'curl/7.88.1' }, SAMPLES),
    ).toBe(200);
    await expect(news(page)).toContainText('Received 2 samples from curl/7.88.1 (Agent and JSON)');
    await expect(section(page, 'Agent and JSON')).toContainText('Received 2 samples from curl/7.88.1');
    await expect(page.getByRole('status').getByText('Receiving from curl/7.88.1')).toHaveCount(1);

    const registry = new Registry();
    new Counter({ name: 'pushed_total', help: 'x', registers: [registry] }).inc();
    await new Pushgateway(server.url, {}, registry).pushAdd({ jobName: 'backup' });
    await expect(section(page, 'Pushgateway')).toContainText('Received 1 sample from');

    const exporter = new OTLPMetricExporter({ url: `${server.url}/v1/metrics` });
    const provider = new MeterProvider({ readers: [new PeriodicExportingMetricReader({ exporter })] });
    provider.getMeter('e2e').createCounter('e2e.otlp').add(1);
    await provider.shutdown();
    await expect(section(page, 'OpenTelemetry')).toContainText(
      /from OTel-OTLP-Exporter-JavaScript\/\d+\.\d+/,
    );
    await expect(news(page)).toContainText('OTel-OTLP-Exporter-JavaScript');

    const statsd = new StatsD({ host: '127.0.0.1', port: statsdPort });
    statsd.increment('orders');
    await expect(section(page, 'StatsD')).toContainText(/Received \d+ samples?/);
    statsd.close();
    expect(await document.stillThere()).toBe(true);
  });

  open('says why something was refused, and leads to it', async ({ page, server }) => {
    await page.goto('/connect');
    await expectLive(page);
    const sent = { 'content-type': 'text/csv', 'user-agent': 'Newcomer/0.1' };
    expect(await post(server.url, '/api/metrics', sent, 'a,b')).toBe(415);
    await expect(news(page)).toContainText('Refused (415, unsupported content type) from Newcomer/0.1');
    await expect(news(page)).toContainText('Content-Type must be application/json');
    await expect(section(page, 'Agent and JSON')).toContainText('Refused (415, unsupported content type');
    await news(page).getByRole('link', { name: 'Agent and JSON' }).click();
    await expect(page).toHaveURL(/#json$/);
    await expect(page.getByRole('heading', { name: 'Agent and JSON' })).toBeInViewport();
  });

  open(
    'is not misled by what senders call themselves, nor by how many they say they are',
    async ({ page, server }) => {
      const names = [
        '<img src=x onerror=document.title=1>/1',
        `Long/${'9'.repeat(8_000)}`,
        `Name/1 ${'<script>alert(1)</script>'.repeat(300)}`,
        ...Array.from({ length: 300 }, (_, i) => `Bot-${i}/${i}`),
      ];
      for (const name of names)
        expect(
          await post(server.url, '/api/events', { ...JSON_TYPE, 'user-agent': name }, '{"message":"x"}'),
        ).toBe(200);
      await page.goto('/connect');
      const events = section(page, 'Events');
      await expect(events.locator('[data-client]')).toHaveCount(5);
      await expect(events).toContainText(/Received \d+ events from/);
      await expect(events).toContainText('and 12 more');
      expect(await page.content()).not.toMatch(/onerror=document|<script>alert|9{100}/);
      await expect(page).toHaveTitle(/Connect/);
      await expectNoSidewaysScroll(page);
    },
  );

  open('fills in another address, and copies', async ({ page, context }) => {
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.goto('/connect');
    const address = page.getByRole('textbox', { name: 'Address of this server' });
    await address.fill('https://pulse.example.com/some/page');
    const prometheus = section(page, 'Prometheus remote write');
    await expect(prometheus.locator('pre')).toContainText('url: https://pulse.example.com/api/v1/write');
    await prometheus.getByRole('button', { name: 'Copy: prometheus.yml' }).click();
    await expect(prometheus.getByText('Copied').first()).toBeVisible();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(
      await prometheus.locator('pre').textContent(),
    );
    for (const wrong of ['', 'javascript:alert(1)', 'https://a b', "https://x';rm -rf ~;'", 'ftp://x']) {
      await address.fill(wrong);
      await expect(address).toHaveAttribute('aria-invalid', 'true');
      await expect(prometheus.locator('pre')).not.toContainText(/rm -rf|javascript|ftp/);
    }
  });

  open('is in the header where there is room, and on the status page of a phone', async ({ page }) => {
    await page.setViewportSize({ width: 360, height: 740 });
    await page.goto('/connect');
    await expect(
      page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Connect' }),
    ).toBeHidden();
    await page.goto('/status');
    await page.getByRole('link', { name: 'Connect' }).click();
    await expect(page).toHaveURL(/\/connect$/);
    await page.setViewportSize({ width: 1280, height: 800 });
    await expect(
      page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Connect' }),
    ).toBeVisible();
  });

  for (const { name, ...screen } of SCREENS)
    open.describe(name, () => {
      open.use(screen);
      open('is accessible, and no wider than the screen', async ({ page, server }) => {
        await page.goto('/connect');
        const sender = {
          ...JSON_TYPE,
          'user-agent': `Sender-${screen.colorScheme}/${screen.viewport.width}`,
        };
        await expectLive(page);
        await post(server.url, '/api/metrics', sender, SAMPLES);
        await expect(news(page)).toHaveAttribute('data-news', 'received');
        await post(server.url, '/api/v1/write', sender, 'x');
        await expect(section(page, 'Prometheus remote write')).toContainText('Refused');
        await expectAccessible(page);
        await expectNoSidewaysScroll(page);
      });
    });
});

const KEY = 'key-that-nobody-may-see';
const closed = testOnOwnServer(async () => ({
  INGEST_KEYS: `ci:${KEY}`,
  DASHBOARD_PASSWORD: 'open sesame',
  TRUST_PROXY: '1',
}));

closed.describe('a server with keys', () => {
  const viewer = { authorization: `Basic ${Buffer.from('x:open sesame').toString('base64')}` };

  closed(
    'shows the place of a key, and none; what is typed there stays in the page',
    async ({ page, server }) => {
      await page.goto('/login?next=/connect');
      await page.getByLabel('Password').fill('open sesame');
      await page.getByRole('button', { name: 'Sign in' }).click();
      const prometheus = section(page, 'Prometheus remote write').locator('pre');
      await expect(prometheus.locator('mark')).toHaveText('KEY');
      await expectLive(page);
      // A sender's key is in what it sends, and in nothing of what is told about it.
      const sender = { ...JSON_TYPE, authorization: `Bearer ${KEY}`, 'user-agent': 'curl/8' };
      expect(await post(server.url, '/api/metrics', sender, SAMPLES)).toBe(200);
      await expect(news(page)).toContainText('Received 2 samples from curl/8');
      expect(await post(server.url, '/api/v1/write', { 'user-agent': 'Prometheus/2.42.0' }, '')).toBe(401);
      await expect(section(page, 'Prometheus remote write')).toContainText(
        'Refused (401, unauthorized, from Prometheus/2.42.0)',
      );
      expect(await page.content()).not.toContain(KEY);
      await expectAccessible(page);
      await page.setViewportSize({ width: 360, height: 740 });
      await page.reload();
      await expectLive(page);
      await expectNoSidewaysScroll(page);
      await expect(page.getByRole('button', { name: 'Sign out' })).toBeInViewport({ ratio: 1 });

      const asked: string[] = [];
      page.on('request', (request) => asked.push(`${request.url()} ${request.postData()}`));
      const field = page.getByLabel('Ingest key');
      await field.fill(KEY);
      await expect(prometheus).toContainText(`credentials: ${KEY}`);
      await expect(prometheus.locator('mark')).toHaveCount(0);
      await page.keyboard.press('Enter');
      await field.fill('a key"; rm -rf ~');
      await expect(prometheus).toContainText('credentials: KEY');
      await expect(page.getByText('left for you to fill in')).toBeVisible();
      expect(asked.join()).not.toContain(KEY);
      expect(page.url()).toBe(`${server.url}/connect`);
    },
  );

  closed('has the address at which a proxy is asked, whatever else a stranger says', async ({ server }) => {
    const shown = async (headers: Record<string, string>) => {
      const response = await fetch(`${server.url}/connect`, {
        headers: { ...viewer, accept: 'text/html', ...headers },
      });
      expect(response.status).toBe(200);
      const page = await response.text();
      return /url: (\S+)\/api\/v1\/write/.exec(page)?.[1];
    };
    expect(await shown({})).toBe(server.url);
    expect(await shown({ 'x-forwarded-proto': 'https', 'x-forwarded-host': 'pulse.example.com' })).toBe(
      'https://pulse.example.com',
    );
    expect(
      await shown({ 'x-forwarded-proto': 'https', 'x-forwarded-host': 'a.example, [2001:db8::1]:8443' }),
    ).toBe('https://[2001:db8::1]:8443');
    for (const hostile of ["x';reboot;'", 'a b', '<script>', 'user@evil.example', '$(reboot)', 'x:99999', ''])
      expect(await shown({ 'x-forwarded-host': hostile }), hostile).toBe(
        server.url.replace(/^http:\/\/[\d.]+/, 'http://127.0.0.1'),
      );
  });
});
