import { expect, test } from 'vitest';
import type { System } from '../system/system';
import { startingPage } from './starting-page';

test('a page says what the server waits for, and looks again; one that failed does not', () => {
  const waiting = startingPage({ phase: 'starting', reason: 'Waiting for <b>the database</b> & more.' });
  expect(waiting).toMatchObject({
    status: 503,
    headers: { 'retry-after': '2', 'cache-control': 'no-store' },
  });
  expect(waiting?.body).toContain('Waiting for &#60;b&#62;the database&#60;/b&#62; &#38; more.');
  expect(waiting?.body).toContain('http-equiv="refresh"');
  const failed = startingPage({ phase: 'failed', reason: 'Its log says why.' });
  expect(failed?.body).toContain('could not start');
  expect(failed?.body).not.toContain('http-equiv="refresh"');
  expect(startingPage({ phase: 'ready', system: {} as System })).toBeNull();
});
