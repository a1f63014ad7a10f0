import { join, resolve } from 'node:path';

// Plain JavaScript with types in comments: the launcher uses it before anything is compiled.

/**
 * The lock of the server whose database is in this folder.
 * @param {string} dataDir
 */
export function dataLock(dataDir) {
  return join(resolve(dataDir), 'server.lock');
}

/**
 * Whether the server that has a folder is about to release it.
 * @param {import('./lock.mjs').Holder} holder
 */
export function isStopping(holder) {
  return holder.note.state === 'stopping';
}

/**
 * Why a second server does not start, in sentences.
 * @param {string} dataDir
 * @param {import('./lock.mjs').Holder} holder
 */
export function sayTaken(dataDir, { pid, note }) {
  const folder = resolve(dataDir);
  return [
    `Pulseboard runs already with the data in ${folder}: process ${pid}, ${note.url}.`,
    `Open that address; or stop it first: kill ${pid};`,
    `or give this one a port and a folder of its own: PORT=${Number(note.port) + 1} DATA_DIR=${dataDir}-2 npm start`,
  ].join(' ');
}
