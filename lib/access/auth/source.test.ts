import { describe, expect, test } from 'vitest';
import { parseEnv } from '../../env';
import { requireOwnSource } from './source';

type Given = Record<string, string | undefined>;

/** The code of the refusal; null when there is none. */
function refusal(headers: Given, settings: Given = {}, { method = 'GET', path = '/' } = {}): string | null {
  try {
    requireOwnSource({ method, path, header: (name) => headers[name] }, parseEnv(settings));
    return null;
  } catch (error) {
    return (error as { code: string }).code;
  }
}

const KEYS = { INGEST_KEYS: 'secret', DASHBOARD_PASSWORD: 'secret' };

describe('without keys only names of this machine are answered', () => {
  test.each([
    'localhost',
    'localhost:3000',
    'LOCALHOST:3000',
    'localhost.',
    'pulse.localhost:80',
    '127.0.0.1',
    '127.8.9.10:65535',
    '[::1]',
    '[::1]:3000',
    '[0:0:0:0:0:0:0:1]:3000',
  ])('%s', (host) => {
    expect(refusal({ host })).toBeNull();
    // A name means nothing less where only one of the two is set.
    expect(refusal({ host }, { DASHBOARD_PASSWORD: 'x' })).toBeNull();
  });

  test.each([
    undefined,
    '',
    ' ',
    'evil.example',
    'evil.example:3000',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    'evillocalhost',
    'evil@localhost',
    'localhost@evil.example',
    'localhost:3000@evil.example',
    'localhost/evil.example',
    'localhost, evil.example',
    'localhost:99999',
    'localhost:port',
    'localhost..',
    '.localhost',
    '127.1',
    '2130706433',
    '0x7f.0.0.1',
    '0.0.0.0',
    '192.0.2.1',
    '::1',
    '[::2]',
    '[::1',
    '[::1].',
    '[::ffff:127.0.0.1]',
    'ｌocalhost',
    'x',
  ])('not %j', (host) => {
    expect(refusal({ host })).toBe('misdirected');
    expect(refusal({ host }, { DASHBOARD_PASSWORD: 'x' })).toBe('misdirected');
    expect(refusal({ host }, { INGEST_KEYS: 'x' })).toBe('misdirected');
    expect(refusal({ host }, KEYS)).toBeNull();
  });

  test('and those the operator lists, which bind with keys as well', () => {
    const ALLOWED_HOSTS = 'Metrics.Example.com, 192.0.2.7,2001:db8:0::7';
    for (const settings of [{ ALLOWED_HOSTS }, { ALLOWED_HOSTS, ...KEYS, HOST: '192.0.2.9' }]) {
      for (const host of [
        'metrics.example.com:3000',
        'METRICS.EXAMPLE.COM.',
        '192.0.2.7',
        '[2001:db8::7]:80',
        '127.0.0.1',
      ])
        expect(refusal({ host }, settings), host).toBeNull();
      expect(refusal({ host: 'example.com' }, settings)).toBe('misdirected');
      expect(refusal({ host: 'x.metrics.example.com' }, settings)).toBe('misdirected');
    }
    expect(refusal({ host: '192.0.2.9:3000' }, { ALLOWED_HOSTS, ...KEYS, HOST: '192.0.2.9' })).toBeNull();
  });

  test('a forwarded name counts behind a proxy only, and never instead of the first', () => {
    const forwarded = { 'x-forwarded-host': 'localhost' };
    expect(refusal({ host: 'evil.example', ...forwarded }, { TRUST_PROXY: '1' })).toBe('misdirected');
    expect(refusal({ host: 'localhost', 'x-forwarded-host': 'evil.example' })).toBeNull();
    expect(refusal({ host: 'localhost', 'x-forwarded-host': 'evil.example' }, { TRUST_PROXY: '1' })).toBe(
      'misdirected',
    );
    expect(
      refusal({ host: 'localhost', 'x-forwarded-host': 'localhost, evil.example' }, { TRUST_PROXY: '1' }),
    ).toBe('misdirected');
  });

  test.each(['https://x.example', 'x.example:80', '*', '*.x.example', 'a b', 'x/y', 'ä.example'])(
    'ALLOWED_HOSTS=%s stops the start',
    (ALLOWED_HOSTS) => {
      expect(() => parseEnv({ ALLOWED_HOSTS })).toThrow(/ALLOWED_HOSTS is .* names separated by commas/);
    },
  );
});

describe('pages of other sites', () => {
  const host = 'localhost:3000';
  const visit = {
    'sec-fetch-site': 'cross-site',
    'sec-fetch-mode': 'navigate',
    'sec-fetch-dest': 'document',
  };

  test.each<[Given, Given?]>([
    [{ host }],
    [{ host, origin: 'http://localhost:3000' }],
    [{ host: 'LOCALHOST:3000', origin: 'http://localhost:3000' }],
    [{ host: 'localhost:80', origin: 'http://localhost' }],
    [{ host, 'sec-fetch-site': 'same-origin' }],
    [{ host, 'sec-fetch-site': 'none' }],
    // A proxy that asks for us under another host.
    [{ host, origin: 'https://pulse.example', 'sec-fetch-site': 'same-origin' }],
    [{ host: 'pulse.example', origin: 'https://pulse.example', 'x-forwarded-proto': 'https' }, KEYS],
    [
      {
        host: 'app:3000',
        origin: 'https://pulse.example',
        'x-forwarded-proto': 'https',
        'x-forwarded-host': 'pulse.example',
      },
      { ...KEYS, TRUST_PROXY: '1' },
    ],
  ])('%o is none', (headers, settings) => {
    for (const method of ['GET', 'POST'])
      expect(refusal(headers, settings, { method, path: '/api/query' })).toBeNull();
  });

  test.each<[Given, Given?]>([
    [{ host, origin: 'http://evil.example' }],
    [{ host, origin: 'http://localhost' }],
    [{ host, origin: 'http://localhost:3001' }],
    [{ host, origin: 'http://127.0.0.1:3000' }],
    [{ host, origin: 'https://localhost:3000' }],
    [{ host, origin: 'http://localhost:3000.evil.example' }],
    [{ host, origin: 'http://localhost:3000@evil.example' }],
    [{ host, origin: 'http://localhost:3000, http://evil.example' }],
    [{ host, origin: 'null' }],
    [{ host, origin: '' }],
    [{ host, origin: 'localhost:3000' }],
    [{ host, origin: 'chrome-extension://abcdef' }],
    [{ host, 'sec-fetch-site': 'cross-site' }],
    [{ host, 'sec-fetch-site': 'same-site' }],
    [{ host, 'sec-fetch-site': 'same-origin, cross-site' }],
    [{ host, origin: 'http://localhost:3000', 'sec-fetch-site': 'cross-site' }],
    [{ host, origin: 'https://evil.example', 'x-forwarded-host': 'evil.example' }],
    [{ host: 'pulse.example', origin: 'http://pulse.example', 'x-forwarded-proto': 'https' }, KEYS],
  ])('%o is one', (headers, settings) => {
    for (const method of ['GET', 'POST'])
      for (const path of ['/', '/api/metrics', '/api/healthy'])
        expect(refusal(headers, settings, { method, path })).toBe('forbidden');
    for (const path of ['/api/health', '/api/ready']) expect(refusal(headers, settings, { path })).toBeNull();
  });

  test('a link to a page is followed, and nothing else that looks like one', () => {
    expect(refusal({ host, ...visit }, {}, { path: '/metrics/cpu' })).toBeNull();
    expect(refusal({ host, ...visit }, {}, { path: '/api/metrics' })).toBe('forbidden');
    expect(refusal({ host, ...visit }, {}, { path: '/api' })).toBe('forbidden');
    expect(refusal({ host, ...visit }, {}, { method: 'POST' })).toBe('forbidden');
    expect(refusal({ host, ...visit, origin: 'http://evil.example' })).toBe('forbidden');
    expect(refusal({ host, ...visit, 'sec-fetch-dest': 'iframe' })).toBe('forbidden');
    expect(refusal({ host, ...visit, 'sec-fetch-mode': 'no-cors' })).toBe('forbidden');
    expect(refusal({ host: 'evil.example', ...visit })).toBe('misdirected');
  });
});
