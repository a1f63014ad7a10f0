import type { Sql } from 'postgres';
import { STORE_TIERS, type StoreTier, TIER } from '../../lib/model/rollup/tiers';
import type { End } from './ends';

/** Sums in different orders differ in the last digits. */
const RELATIVE = 1e-9;

/** What is compared of each metric and tier. */
interface Totals {
  rows: number;
  samples: number;
  sum: number;
  lowest: number;
  highest: number;
}

/**
 * Compares the two databases metric by metric and tier by tier, and says where they differ: what both have to keep at
 * `now` (beyond it each drops what fills a partition of its own size), as far as the rollups of both have got.
 * @returns how many differences there are.
 */
export async function compare(
  source: End,
  target: End,
  now: number,
  print: (line: string) => void,
): Promise<number> {
  let differences = 0;
  for (const tier of STORE_TIERS) {
    const before = Math.min(await rolledUpTo(source.sql, tier), await rolledUpTo(target.sql, tier));
    const from = now - Math.min(source.retention[tier], target.retention[tier]);
    const [theirs, ours] = await Promise.all(
      [source, target].map(({ sql }) => totals(sql, tier, from, before)),
    );
    const metrics = [...new Set([...theirs.keys(), ...ours.keys()])].sort();
    const different = metrics.filter((metric) => !isSame(theirs.get(metric), ours.get(metric)));
    for (const metric of different)
      print(
        `  ${tier}, ${metric}: ${describe(theirs.get(metric))} there, ${describe(ours.get(metric))} here.`,
      );
    const rows = [...theirs.values()].reduce((sum, each) => sum + each.rows, 0);
    print(`${tier}: ${rows} rows of ${metrics.length} metrics compared, ${different.length} metrics differ.`);
    differences += different.length;
  }
  return differences;
}

async function rolledUpTo(sql: Sql, tier: StoreTier): Promise<number> {
  if (tier === 'raw') return Number.MAX_SAFE_INTEGER;
  const [{ rolled }] = await sql<[{ rolled: number }]>`
    select date_part('epoch', ${sql(`${tier}_rolled`)}) * 1000 as rolled from rollup_state`;
  return rolled;
}

async function totals(sql: Sql, tier: StoreTier, from: number, before: number): Promise<Map<string, Totals>> {
  const [samples, sum, min, max] =
    tier === 'raw' ? ['1', 'value', 'value', 'value'] : ['r.count', 'r.sum', 'r.min', 'r.max'];
  const kept = Number.isFinite(from) ? sql`r.ts >= to_timestamp(${from}::float8 / 1000)` : sql`true`;
  const made = tier === 'raw' ? sql`true` : sql`r.ts < to_timestamp(${before}::float8 / 1000)`;
  const rows = await sql<Array<Totals & { metric: string }>>`
    select m.name as metric, count(*)::float8 as rows, sum(${sql.unsafe(samples)})::float8 as samples,
      sum(summable(${sql.unsafe(sum)})) as sum, min(${sql.unsafe(min)}) as lowest, max(${sql.unsafe(max)}) as highest
    from ${sql(TIER[tier].relation)} r join series s on s.id = r.series_id join metrics m on m.id = s.metric_id
    where ${kept} and ${made} group by m.name`;
  return new Map(rows.map(({ metric, ...rest }) => [metric, rest]));
}

function isSame(a: Totals | undefined, b: Totals | undefined): boolean {
  if (!a || !b) return false;
  const scale = a.samples * Math.max(Math.abs(a.lowest), Math.abs(a.highest));
  return (
    a.rows === b.rows &&
    a.samples === b.samples &&
    a.lowest === b.lowest &&
    a.highest === b.highest &&
    (Object.is(a.sum, b.sum) || Math.abs(a.sum - b.sum) <= RELATIVE * scale)
  );
}

function describe(totals: Totals | undefined): string {
  return totals ? `${totals.samples} samples, sum ${totals.sum}` : 'nothing';
}
