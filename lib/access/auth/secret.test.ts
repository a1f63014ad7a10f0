import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { keptSecret } from './secret';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pulseboard-secret-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('one that was left empty when the power failed is made again', () => {
  writeFileSync(join(folder, 'session-secret'), '');
  const secret = keptSecret(folder);
  expect(secret).toHaveLength(43);
  expect(readFileSync(join(folder, 'session-secret'), 'utf8')).toBe(secret);
});
