import type { Sql, TransactionSql } from 'postgres';

/**
 * Advisory locks, all under one first number. Sealing: appends share it, who seals or drops raw samples excludes
 * them. Upkeep: one transaction of upkeep at a time, on whatever server.
 */
const LOCKS = 0x70756c73;
const SEALING = 1;
const UPKEEP = 2;

/** Does one step of upkeep in a transaction, unless another server is at it: then null. */
export async function inTurn<T>(sql: Sql, work: (tx: TransactionSql) => Promise<T>): Promise<T | null> {
  const result = await sql.begin(async (tx) => {
    const [{ mine }] = await tx`select pg_try_advisory_xact_lock(${LOCKS}::int, ${UPKEEP}::int) as mine`;
    return mine ? { done: await work(tx) } : null;
  });
  return result ? (result as { done: T }).done : null;
}

/** Waits until no append is under way and keeps new ones out until the transaction ends; gives up after a while. */
export async function excludeAppends(tx: TransactionSql, patienceMs: number): Promise<void> {
  await tx`select set_config('lock_timeout', ${String(patienceMs)}, true)`;
  await tx`select pg_advisory_xact_lock(${LOCKS}::int, ${SEALING}::int)`;
}
