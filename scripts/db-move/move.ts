import { resolve } from 'node:path';
import { DAY } from '../../lib/model/time/duration';
import { ProgressBar } from '../progress';
import { Checkpoint } from './checkpoint';
import { compare } from './compare';
import { copyEventPlaces } from './copy-event-places';
import { copyRollups } from './copy-rollups';
import { copySamples } from './copy-samples';
import { copySeries } from './copy-series';
import { type End, openEnd } from './ends';

export interface Move {
  /** A URL, or the data folder of an embedded database. */
  from: string;
  to: string;
  /** Where it is noted how far an interrupted move has got. */
  notes?: string;
  print(line: string): void;
}

/** Copies one database into another and compares them. @returns whether they hold the same. */
export async function move({
  from,
  to,
  notes = process.env.DATA_DIR || '.pulseboard',
  print,
}: Move): Promise<boolean> {
  const source = await openEnd(from, print);
  try {
    const target = await openEnd(to, print);
    try {
      print(
        `From ${source.location} (${source.store.database.engine}) to ${target.location} (${target.store.database.engine}).`,
      );
      return await copy(source, target, await Checkpoint.open(resolve(notes), from, to), print);
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

async function copy(
  source: End,
  target: End,
  checkpoint: Checkpoint,
  print: Move['print'],
): Promise<boolean> {
  const now = Date.now();
  await upkeep(source, now);
  const ids = await copySeries(source.store.catalogue, target.store.catalogue);
  print(`${ids.size} series.`);
  // The secret that sessions are signed with stays where it was, so they would hold again.
  for (const session of await source.records.endedSessions.list(now))
    await target.records.endedSessions.add(session);
  await copyEventPlaces(source, target);

  const before = await rollupsBefore(source);
  if (before !== null && !checkpoint.noted.rollups) {
    const rows = await copyRollups(source, target, ids, before);
    await checkpoint.note({ rollups: true });
    print(`${rows} rows of rollups older than ${new Date(before).toISOString()}, whose samples are gone.`);
  }

  const bar = new ProgressBar();
  const samples = await copySamples({ source, target, ids, now, checkpoint, bar });
  bar.end();
  print(`${samples} samples copied. Making rollups of them …`);
  await upkeep(target, now);

  const differences = await compare(source, target, now, print);
  if (differences === 0) {
    await checkpoint.forget();
    print('Everything is there: set DATABASE_URL to the new database and start the server.');
  } else
    print(
      `${differences} differences: run it again; if they stay, something writes to one of the databases.`,
    );
  return differences === 0;
}

/** Rolls up what can be; a round leaves the rest to the next one when it takes long. */
async function upkeep({ store }: End, now: number): Promise<void> {
  for (let last = Number.NaN; ; ) {
    const { rolledUpTo, rolledUp } = await store.upkeep.maintain(now);
    if (rolledUpTo === last && rolledUp.minute + rolledUp.hour + rolledUp.day === 0) return;
    last = rolledUpTo;
  }
}

/** The first day of which all samples are there, epoch ms; null when none have been dropped yet. */
async function rollupsBefore({ sql }: End): Promise<number | null> {
  const [{ rawFrom }] = await sql<[{ rawFrom: number | null }]>`
    select case when isfinite(raw_from) then date_part('epoch', raw_from) * 1000 end as "rawFrom" from rollup_state`;
  return rawFrom === null ? null : Math.ceil(rawFrom / DAY) * DAY;
}
