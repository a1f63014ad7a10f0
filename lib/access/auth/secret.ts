import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

/**
 * The secret kept in `folder`, made on first use. Written aside and linked into place, so that two processes that
 * start together agree on one, and a crash leaves either none or a whole one. Only its owner may read it.
 */
export function keptSecret(folder: string): string {
  const file = join(folder, 'session-secret');
  const known = read(file);
  if (known) return known;
  mkdirSync(folder, { recursive: true });
  const aside = `${file}.${process.pid}`;
  writeDown(aside, randomBytes(32).toString('base64url'));
  try {
    // An empty one was left by a power failure.
    if (known === '') renameSync(aside, file);
    else linkSync(aside, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(aside, { force: true });
  }
  return read(file) || keptSecret(folder);
}

/** Flushed before it is linked: else the name may be on the disk before the content. */
function writeDown(file: string, text: string): void {
  const handle = openSync(file, 'w', 0o600);
  try {
    writeFileSync(handle, text);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function read(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
