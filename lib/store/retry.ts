import { setTimeout as sleep } from 'node:timers/promises';
import { isConflict, isMissingPartition } from './pg-errors';

const ATTEMPTS = 5;

/**
 * Sends a statement again after a conflict, or when a partition was missing. Every statement given may be sent twice.
 */
export async function withRetries<T>(
  send: () => Promise<T>,
  makePartitions?: () => Promise<unknown>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await send();
    } catch (error) {
      if (attempt === ATTEMPTS) throw error;
      if (makePartitions && isMissingPartition(error)) await makePartitions();
      else if (isConflict(error)) await sleep(10 * 2 ** attempt * Math.random());
      else throw error;
    }
  }
}
