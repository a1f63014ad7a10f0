import type { Env } from '../env';
import { dataLock, isStopping, sayTaken } from '../runtime/process/data-folder.mjs';
import { type Lock, LockHeld, takeLock } from '../runtime/process/lock.mjs';
import { makeDataDir } from '../store/embedded/folder';
import { addressOf } from './notices';

/**
 * Takes the folder of the embedded database for this server, before anything in it or the port is touched; waits for a
 * server that is about to end. Null where the database is elsewhere: many servers may share that.
 * @throws Error that names the owner of the folder, and what to do
 */
export async function claimData({ DATABASE_URL, DATA_DIR, HOST, PORT }: Env): Promise<Lock | null> {
  if (DATABASE_URL) return null;
  await makeDataDir(DATA_DIR);
  try {
    return await takeLock(dataLock(DATA_DIR), {
      note: { url: addressOf(HOST, PORT), port: PORT },
      mayWait: isStopping,
      onWait: ({ pid }) => console.log(`Waiting for process ${pid}, which has the data in ${DATA_DIR} …`),
    });
  } catch (error) {
    if (error instanceof LockHeld) throw new Error(sayTaken(DATA_DIR, error.holder), { cause: error });
    const { code } = error as NodeJS.ErrnoException;
    throw new Error(
      `DATA_DIR ${DATA_DIR} cannot be used (${code}): set it to a folder this user may write to.`,
      {
        cause: error,
      },
    );
  }
}
