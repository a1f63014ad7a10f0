import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { FUNCTIONS_REVISION, readScripts, renderScript } from './functions';

const PARTS = ['catalogue', 'postgres', 'timescale'] as const;

it('a script names constants that there are', () => {
  expect(renderScript('pause <= {{COUNTER_GAP_MS}}')).toBe('pause <= 1209600000');
  expect(() => renderScript('{{NO_SUCH}}')).toThrow(/NO_SUCH/);
});

// Where this fails, functions have changed: raise FUNCTIONS_REVISION, and the new revision gets a line of its own.
it(`functions of revision ${FUNCTIONS_REVISION} are these`, () => {
  const digests = PARTS.map((part) => [
    part,
    createHash('sha256').update(readScripts(part).join('\n')).digest('hex'),
  ]);
  expect(Object.fromEntries(digests)).toMatchSnapshot();
});
