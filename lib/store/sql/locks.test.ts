import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { renderScript } from '../functions';
import { LOCK, LOCKS } from './locks';

/** The numbers of each call that takes one, as the database gets it. */
const inSql = readdirSync('drizzle', { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.sql'))
  .flatMap((name) => [
    ...renderScript(readFileSync(join('drizzle', name), 'utf8')).matchAll(/advisory_\w+\((.*?)\)/g),
  ])
  .map(([, numbers]) => numbers.split(',').map(Number));

it('locks that SQL takes are registered', () => {
  expect(inSql.every(([first]) => first === LOCKS)).toBe(true);
  expect(new Set(inSql.map(([, second]) => second))).toEqual(
    new Set([LOCK.sealing, LOCK.partitions, LOCK.lateAppends, LOCK.freshAppends, LOCK.intents]),
  );
});

it('no two locks have one number', () => {
  const numbers = Object.values(LOCK);
  expect(new Set(numbers).size).toBe(numbers.length);
});
