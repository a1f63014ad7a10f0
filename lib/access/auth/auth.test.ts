import { mkdtempSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { handleLogin, handleLogout, safePath } from '../../api/login';
import { parseEnv } from '../../env';
import { digestOf, equalSecrets, findKey, parseIngestKeys } from '../../env/keys';
import { Auth } from './auth';
import { keptSecret } from './secret';
import { issueSession, readSession, SESSION_COOKIE, SESSION_MS, sessionKey } from './session';

const NOW = 1_795_200_000_000;

describe('keys', () => {
  test('plain, named and hashed ones are found by what is shown, and only the hash is held', () => {
    const hash = digestOf('third-secret').toString('hex');
    const keys = parseIngestKeys(` first-secret, ci:second-secret ,edge:sha256:${hash},sha256:${hash}, `)!;
    expect(keys.map(({ name }) => name)).toEqual(['key-1', 'ci', 'edge', 'key-4']);
    expect(findKey('second-secret', keys)?.name).toBe('ci');
    expect(findKey('third-secret', keys)).not.toBeNull();
    expect(findKey('ci:second-secret', keys)).toBeNull();
    expect(findKey('', keys)).toBeNull();
    expect(JSON.stringify(keys)).not.toContain('secret');
  });

  test.each(['a:b:c', 'na me:key', 'x:sha256:1234', 'one:a,one:b', 'name:'])('%s is refused', (text) => {
    expect(parseIngestKeys(text)).toBeNull();
  });

  test('a wrong INGEST_KEYS stops the start without being shown', () => {
    expect(() => parseEnv({ INGEST_KEYS: 'a:b:hunter2' })).toThrow(/INGEST_KEYS is \(hidden\)/);
  });

  test('secrets of any lengths are compared', () => {
    expect(equalSecrets('a', 'a')).toBe(true);
    expect(equalSecrets('a', 'ab')).toBe(false);
    expect(equalSecrets('', '')).toBe(true);
  });
});

describe('sessions', () => {
  const key = sessionKey('a secret', 'a password');

  test('hold until they expire, for whoever has the same secret and password', () => {
    const session = issueSession(key, NOW);
    expect(readSession(key, session, NOW)).toEqual({ id: session.split('.')[2], until: NOW + SESSION_MS });
    expect(readSession(sessionKey('a secret', 'a password'), session, NOW)).not.toBeNull();
    expect(readSession(key, session, NOW + SESSION_MS)).toBeNull();
    expect(readSession(sessionKey('a secret', 'a new password'), session, NOW)).toBeNull();
    expect(readSession(sessionKey('another secret', 'a password'), session, NOW)).toBeNull();
  });

  test('no character of one can be changed', () => {
    const session = issueSession(key, NOW);
    for (let i = 0; i < session.length; i++) {
      const other = session[i] === 'a' ? 'b' : 'a';
      const changed = session.slice(0, i) + other + session.slice(i + 1);
      // The last character of base64url carries two bits that mean nothing.
      if (i < session.length - 1) expect(readSession(key, changed, NOW)).toBeNull();
    }
  });

  test.each([
    '',
    'v1',
    'v1...',
    `v1.${'z'.repeat(11)}.AAAAAAAAAAAAAAAA.${'A'.repeat(43)}`,
    '%00',
    '☃'.repeat(50),
  ])('%s is none', (text) => {
    expect(readSession(key, text, NOW)).toBeNull();
  });

  test('the secret is made once, for its owner only', () => {
    const folder = join(mkdtempSync(join(tmpdir(), 'pulseboard-secret-')), 'data');
    const secret = keptSecret(folder);
    expect(secret).toHaveLength(43);
    expect(keptSecret(folder)).toBe(secret);
    expect(readdirSync(folder)).toEqual(['session-secret']);
    expect(statSync(join(folder, 'session-secret')).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(folder, 'session-secret'), 'utf8')).toBe(secret);
  });
});

describe('with a password', () => {
  const headers = { host: 'pulse.example', origin: 'https://pulse.example' };
  const form = (password: string, next = '/metrics') => new URLSearchParams({ password, next }).toString();
  const login = (password: string, address = '192.0.2.1', next?: string) =>
    handleLogin(auth, { form: form(password, next), address, secure: true, headers }, NOW);

  let auth: Auth;
  beforeEach(() => {
    auth = new Auth(parseEnv({ DASHBOARD_PASSWORD: 'open sesame', SESSION_SECRET: 's'.repeat(32) }));
  });

  test('the right one gives a cookie that opens the door, and leads on', () => {
    const answer = login('open sesame');
    expect(answer).toMatchObject({ status: 303, headers: { location: '/metrics' } });
    const cookie = answer.headers['set-cookie'];
    expect(cookie).toMatch(/; Path=\/; Max-Age=604800; HttpOnly; SameSite=Lax; Secure$/);
    const address = '192.0.2.9';
    expect(
      auth.viewers.viewerOf({ cookie: `other=1; ${cookie.split(';')[0]}; x=y`, address }, NOW),
    ).toMatchObject({
      until: NOW + SESSION_MS,
    });
    expect(auth.viewers.viewerOf({ cookie: `x${cookie.split(';')[0]}`, address }, NOW)).toBeNull();
    expect(() => auth.viewers.authorize({ address })).toThrow(
      expect.objectContaining({ code: 'unauthorized' }),
    );
  });

  test('a wrong one leads back without a cookie, and guessing ends', () => {
    const answer = login('open says me');
    expect(answer.headers.location).toBe('/login?wrong=1&next=%2Fmetrics');
    expect(answer.headers['set-cookie']).toBeUndefined();
    for (let i = 0; i < 9; i++) login('open says me');
    expect(() => login('open sesame')).toThrow(
      expect.objectContaining({ code: 'rate_limited', retryAfterMs: expect.any(Number) }),
    );
    expect(login('open sesame', '192.0.2.2').headers['set-cookie']).toBeDefined();
  });

  describe('guesses', () => {
    const limited = expect.objectContaining({ code: 'rate_limited' });
    const addressOf = (i: number) => `198.18.${i >> 8}.${i & 255}`;
    const basicOf = (password: string, address: string) =>
      auth.viewers.viewerOf(
        { authorization: `Basic ${Buffer.from(`:${password}`).toString('base64')}`, address },
        NOW,
      );

    test('that are refused take nothing from anybody else', () => {
      for (let i = 0; i < 10; i++) login('guess', '192.0.2.7');
      for (let i = 0; i < 1_000; i++) {
        expect(() => login('guess', '192.0.2.7')).toThrow(limited);
        expect(() => basicOf('guess', '192.0.2.7')).toThrow(limited);
      }
      for (let i = 0; i < 10; i++) login('guess', '192.0.2.8');
      expect(login('open sesame', '192.0.2.9').headers['set-cookie']).toBeDefined();
    });

    test('from everywhere end for whoever was wrong before, and keep nobody else away', () => {
      for (let i = 0; i < 300; i++) login('guess', addressOf(i));
      expect(() => login('open sesame', addressOf(0))).toThrow(limited);
      // One look each, which counts.
      login('guess', addressOf(300));
      expect(() => login('guess', addressOf(300))).toThrow(limited);
      for (let i = 0; i < 20; i++)
        expect(login('open sesame', '192.0.2.9').headers['set-cookie']).toBeDefined();
      expect(basicOf('open sesame', '192.0.2.10')).not.toBeNull();
    });

    test('that are right use up none', () => {
      for (let i = 0; i < 400; i++) login('open sesame', '192.0.2.9');
      expect(login('guess', '192.0.2.9').headers.location).toContain('wrong=1');
    });

    test.each([
      ['2001:db8:1:2::', '2001:DB8:1:2:ffff::1', '2001:db8:1:3::1'],
      ['192.0.2.20', '::ffff:192.0.2.20', '192.0.2.21'],
    ])('from %s and %s are of one sender, from %s of another', (one, same, other) => {
      for (let i = 0; i < 5; i++) login('guess', one);
      for (let i = 0; i < 5; i++) login('guess', same);
      for (const address of [one, same]) expect(() => login('open sesame', address)).toThrow(limited);
      expect(login('open sesame', other).headers['set-cookie']).toBeDefined();
    });
  });

  test('scripts show it as HTTP Basic, and only wrong ones count', () => {
    const basic = (password: string) => `Basic ${Buffer.from(`me:${password}`).toString('base64')}`;
    const look = (password: string) =>
      auth.viewers.viewerOf({ authorization: basic(password), address: '192.0.2.3' }, NOW);
    for (let i = 0; i < 50; i++)
      expect(look('open sesame')).toEqual({ until: Number.POSITIVE_INFINITY, session: null });
    for (let i = 0; i < 10; i++) expect(look('guess')).toBeNull();
    expect(() => look('open sesame')).toThrow(expect.objectContaining({ code: 'rate_limited' }));
  });

  test.each([
    { ...headers, origin: 'https://evil.example' },
    { ...headers, origin: 'null' },
    { host: 'pulse.example', secFetchSite: 'cross-site' },
    { ...headers, secFetchSite: 'same-site' },
  ])('a form of another site is refused: %o', (from) => {
    const request = { form: form('open sesame'), address: '192.0.2.1', secure: true, headers: from };
    expect(() => handleLogin(auth, request, NOW)).toThrow(expect.objectContaining({ code: 'forbidden' }));
    expect(() => handleLogout(auth, { secure: true, headers: from })).toThrow(
      expect.objectContaining({ code: 'forbidden' }),
    );
  });

  test('signing out takes the cookie away, and ends it for whoever has a copy', () => {
    const [mine, other] = [1, 2].map(() => login('open sesame').headers['set-cookie'].split(';')[0]);
    const looks = (cookie: string) => auth.viewers.viewerOf({ cookie, address: '192.0.2.9' }, NOW);
    const ended: string[] = [];
    for (const cookie of [mine, other])
      auth.endedSessions.onEnd(looks(cookie)!.session!, () => ended.push(cookie));
    expect(handleLogout(auth, { cookie: mine, secure: false, headers }, NOW).headers['set-cookie']).toBe(
      `${SESSION_COOKIE}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax`,
    );
    expect([looks(mine), looks(other)?.until]).toEqual([null, NOW + SESSION_MS]);
    expect(ended).toEqual([mine]);
  });

  test('signing out without a session that holds records nothing', async () => {
    for (const cookie of [undefined, `${SESSION_COOKIE}=v1.forged`, 'x=y'])
      expect(handleLogout(auth, { cookie, secure: true, headers }, NOW).status).toBe(303);
    await expect(auth.endedSessions.record(nowhere)).resolves.toBeUndefined();
  });

  test('what could not be recorded is recorded later; what has expired is forgotten', async () => {
    const session = { id: 'a'.repeat(16), until: NOW + 1_000 };
    const ended = auth.endedSessions;
    ended.end(session);
    await expect(ended.record(nowhere)).rejects.toThrow('away');
    const recorded: unknown[] = [];
    const kept = {
      add: async (each: unknown) => void recorded.push(each),
      list: async () => [{ id: 'of another node', until: NOW + 2_000 }],
    };
    await ended.sync(kept, NOW);
    await ended.sync(kept, NOW + 1_000);
    expect(recorded).toEqual([session]);
    expect([ended.has(session.id), ended.has('of another node')]).toEqual([false, true]);
  });
});

/** A database that is away. */
const nowhere = { add: () => Promise.reject(new Error('away')) };

test('without a password anyone who reaches the server may look', () => {
  expect(new Auth(parseEnv({})).viewers.viewerOf({ address: '' })).toEqual({
    until: Number.POSITIVE_INFINITY,
    session: null,
  });
});

test.each([
  ['/metrics/cpu?by=host&x=%2F', '/metrics/cpu?by=host&x=%2F'],
  ['/', '/'],
  ['//evil.example', '/'],
  ['/\\evil.example', '/'],
  ['https://evil.example', '/'],
  ['javascript:alert(1)', '/'],
  ['/a\r\nset-cookie: x', '/'],
  ['/\t/evil.example', '/'],
  [null, '/'],
])('after signing in %s leads to %s', (path, to) => {
  expect(safePath(path)).toBe(to);
});
