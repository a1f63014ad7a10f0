import { setTimeout as sleep } from 'node:timers/promises';
import { parseEnv } from '@/lib/env';
import { openStore } from '@/lib/store/open';
import { placeSettings } from './embedded';

/**
 * A server's write path as a process of its own, to be killed: appends without a pause, several commits in flight,
 * and prints `ack <first> <count>` when samples number `first` and the `count - 1` after it are committed. Sample
 * number n of the one series has timestamp `START + n` and value n.
 */
const BATCH = 200;
const IN_FLIGHT = 3;
const START = Date.UTC(2026, 10, 20);

const [place, firstNumber] = process.argv.slice(2);
const settings = parseEnv({ ...placeSettings(place), RETENTION_RAW: 'forever' });
const { store, description } = await openStore(settings, () => {});
const [{ id }] = await store.catalogue.ensure([{ metric: 'durable', labels: {} }]);
process.stdout.write(`ready ${description.location}\n`);

let next = Number(firstNumber);
async function append(): Promise<void> {
  for (;;) {
    const first = next;
    next += BATCH;
    const numbers = Array.from({ length: BATCH }, (_, i) => first + i);
    await store.samples.append({
      seriesIds: numbers.map(() => id),
      timestamps: numbers.map((n) => START + n),
      values: numbers,
    });
    process.stdout.write(`ack ${first} ${BATCH}\n`);
  }
}
async function maintain(): Promise<void> {
  for (;;) {
    // Close behind, so that sealing and rolling up are under way at any moment of a kill.
    await store.upkeep.maintain(START + next);
    await sleep(20);
  }
}
await Promise.all([...Array.from({ length: IN_FLIGHT }, append), maintain()]);
