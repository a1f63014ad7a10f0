import { expect, test } from 'vitest';
import { Client, MOST_CLIENTS } from '../../model/wire/clients';
import { readProduct } from './product';

test.each([
  ['Prometheus/2.42.0', 'Prometheus', '2.42.0'],
  ['Prometheus/2.42.0+ds', 'Prometheus', '2.42.0+ds'],
  ['Telegraf/1.29.1 Go/1.21.5', 'Telegraf', '1.29.1'],
  ['OTel-OTLP-Exporter-JavaScript/0.223.0', 'OTel-OTLP-Exporter-JavaScript', '0.223.0'],
  ['OpenTelemetry Collector Contrib/0.96.0 (linux/amd64)', 'OpenTelemetry Collector Contrib', '0.96.0'],
  ['InfluxDBShell/1.6.7~rc0', 'InfluxDBShell', '1.6.7~rc0'],
  ['Go-http-client/1.1', 'Go-http-client', '1.1'],
  ['collectd/5.12.0.git', 'collectd', '5.12.0.git'],
  ['vmagent', 'vmagent', null],
  ['node', 'node', null],
  ['Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36', 'Mozilla', '5.0'],
  ['Name/', 'Name', null],
  ['Name/<b>1</b>', 'Name', null],
])('%s is %s of version %s', (header, product, version) => {
  expect(readProduct(header)).toEqual({ product, version });
});

test.each([
  '',
  ' ',
  '/1.0',
  '(comment)',
  '<script>alert(1)</script>',
  '\u0000\u001b[31mred',
  '"quoted"/1',
  '\u202eevil/1',
  'Ünï/1',
  '1/2',
  '__proto__/1',
])('%j is no name', (header) => {
  expect(readProduct(header)).toEqual({ product: null, version: null });
});

test('nothing but plain characters comes out, and not many of them', () => {
  const hostile = [
    'A'.repeat(8_192),
    `${'A '.repeat(4_096)}/1`,
    `P/${'9'.repeat(8_192)}`,
    `${'Prometheus '.repeat(5)}/1`,
    `Prometheus/2.42\u0000\r\nx: y<img src=x onerror=alert(1)>`,
    `${'a.'.repeat(40)}!/1`,
  ];
  for (const header of hostile) {
    const { product, version } = readProduct(header);
    expect(product).toMatch(/^[\w.+~ -]{1,48}$/);
    if (version !== null) expect(version).toMatch(/^[\w.+~-]{1,24}$/);
  }
  expect(readProduct(hostile[4])).toEqual({ product: 'Prometheus', version: '2.42' });
  expect(MOST_CLIENTS).toBeGreaterThan(8);
  expect(Client.shape.product.safeParse(readProduct(hostile[0]).product).success).toBe(true);
});
