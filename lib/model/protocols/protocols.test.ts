import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { INGEST_ENDPOINTS } from '../../api/ingest/endpoints';
import { parseEnv } from '../../env';
import { UPGRADE_ENDPOINTS } from '../../server/upgrade-endpoints';
import { KEY_PLACE, PLACE_OF_DOCS, type Protocol } from './protocol';
import { PROTOCOLS, protocolAt } from './protocols';

const ALL: Array<[id: string, protocol: Protocol]> = Object.entries(PROTOCOLS);

test('every ingest endpoint is of a protocol that the page shows', () => {
  for (const { path } of INGEST_ENDPOINTS) expect(protocolAt(path), path).not.toBeNull();
  expect(protocolAt('POST /metrics/job/*')).toBe('pushgateway');
  for (const path of ['/', '', '/api', 'constructor', '/__proto__'])
    expect(protocolAt(path), path).toBeNull();
  // It has no path in that table: its connections are noted by their own endpoint.
  expect(UPGRADE_ENDPOINTS.map(({ path }) => path)).toEqual(['/api/ingest']);
});

describe.each(ALL)('%s', (_, { configs, docs, arrives }) => {
  test('has on its page of the docs what people paste', () => {
    expect(existsSync(docs), docs).toBe(true);
    const blocks = readFileSync(docs, 'utf8')
      .split(/^```.*$/m)
      .filter((_, i) => i % 2 === 1);
    for (const { text, title } of configs)
      expect(
        blocks.some((block) => block.includes(`\n${text(PLACE_OF_DOCS)}\n`)),
        `${docs}: ${title}\n${text(PLACE_OF_DOCS)}`,
      ).toBe(true);
  });

  test('asks for no key where there is none', () => {
    for (const { text } of configs)
      expect(text({ ...PLACE_OF_DOCS, key: null })).not.toMatch(
        /\bKEY\b|authorization|password|token|null|BasicAuth/i,
      );
  });

  test('has the address and the key wherever they belong', () => {
    for (const { text } of configs) {
      const there = text({ origin: 'https://pulse.example.com', key: 'a+b/c', ports: {} });
      expect(there).not.toContain('127.0.0.1');
      expect(there).not.toMatch(new RegExp(`\\b${KEY_PLACE}\\b`));
      const keyed = text(PLACE_OF_DOCS).includes(KEY_PLACE);
      expect(there.includes('a+b/c') || there.includes('a%2Bb%2Fc')).toBe(keyed);
    }
  });

  test('names settings that there are', () => {
    const settings = arrives.settings ?? {};
    const redis = 'redis://127.0.0.1:6379';
    const env = parseEnv({ ...settings, REDIS_URL: redis, DATA_DIR: '/tmp' });
    for (const name of Object.keys(settings)) expect(Object.keys(env)).toContain(name);
  });
});
