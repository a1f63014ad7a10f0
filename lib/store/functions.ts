import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ISql } from 'postgres';
import { DOWN, TAME, UP } from '../model/arithmetic';
import { TIER } from '../model/rollup/tiers';
import { COUNTER_GAP_MS } from '../model/samples';
import { LOCK, LOCKS } from './sql/locks';
import { ABANDONED_MS, PRESENCE_MS } from './timescale/presence';

/**
 * Raised with every change of a function. A server does not replace functions of a higher revision: a newer server has
 * installed them, together with its migrations.
 */
export const FUNCTIONS_REVISION = 3;

/** What functions share with this code. In a script `{{NAME}}` stands for each. */
const CONSTANTS: Record<string, number> = {
  COUNTER_GAP_MS,
  MINUTE_MS: TIER.minute.stepMs,
  HOUR_MS: TIER.hour.stepMs,
  DAY_MS: TIER.day.stepMs,
  TAME,
  DOWN,
  UP,
  MAX_VALUE: Number.MAX_VALUE,
  /** What `UP` takes to the last value of float64. */
  MAX_SCALED: Number.MAX_VALUE * DOWN,
  LOCKS,
  LOCK_SEALING: LOCK.sealing,
  LOCK_PARTITIONS: LOCK.partitions,
  LOCK_LATE_APPENDS: LOCK.lateAppends,
  LOCK_FRESH_APPENDS: LOCK.freshAppends,
  LOCK_INTENTS: LOCK.intents,
  PRESENCE_MS,
  ABANDONED_MS,
};

/** A script as the database gets it. @throws Error when it names a constant that there is not. */
export function renderScript(text: string): string {
  return text.replace(/\{\{(\w+)\}\}/g, (_, name: string) => {
    if (!Object.hasOwn(CONSTANTS, name)) throw new Error(`a function asks for ${name}, which is no constant`);
    return String(CONSTANTS[name]);
  });
}

/** The scripts of a part of the schema, as the database gets them, in the order of their names; it may have none. */
export function readScripts(part: string): string[] {
  const folder = join(process.cwd(), 'drizzle', part, 'functions');
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .sort()
    .map((name) => renderScript(readFileSync(join(folder, name), 'utf8')));
}

/**
 * Brings the functions of these parts to their current form, where the database does not have it: all of them, part by
 * part. To be called in the transaction of the migrations, after these. So a script finds every table in its newest
 * form, and a migration that changes what a function takes or gives drops the old one first.
 */
export async function applyFunctions(tx: ISql, parts: readonly string[]): Promise<void> {
  const scripts = parts.flatMap(readScripts);
  const digest = createHash('sha256').update(scripts.join('\n')).digest('hex');
  await tx`
    create table if not exists migrations.functions (
      one boolean primary key default true check (one),
      revision int not null,
      digest text not null
    )`;
  const [found] = await tx<Array<{ revision: number; digest: string }>>`
    select revision, digest from migrations.functions`;
  if (found && (found.revision > FUNCTIONS_REVISION || found.digest === digest)) return;
  for (const script of scripts) await tx.unsafe(script);
  await tx`
    insert into migrations.functions (revision, digest) values (${FUNCTIONS_REVISION}, ${digest})
    on conflict (one) do update set revision = excluded.revision, digest = excluded.digest`;
}
