import { setTimeout as sleep } from 'node:timers/promises';
import { lacksPartition, lostRace } from './trouble';

const ATTEMPTS = 5;

/** Sends a statement again that lost a race or found a partition missing. All of them may be sent twice. */
export async function again<T>(send: () => Promise<T>, makePartitions?: () => Promise<unknown>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await send();
    } catch (error) {
      if (attempt === ATTEMPTS) throw error;
      if (makePartitions && lacksPartition(error)) await makePartitions();
      else if (lostRace(error)) await sleep(10 * 2 ** attempt * Math.random());
      else throw error;
    }
  }
}
