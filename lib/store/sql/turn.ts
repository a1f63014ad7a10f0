import type { Sql, TransactionSql } from 'postgres';
import { LOCK, LOCKS } from './locks';

/** Does one step of upkeep in a transaction, unless another server is at it: then null. */
export async function inTurn<T>(sql: Sql, work: (tx: TransactionSql) => Promise<T>): Promise<T | null> {
  const result = await sql.begin(async (tx) => {
    const [{ mine }] = await tx`select pg_try_advisory_xact_lock(${LOCKS}::int, ${LOCK.upkeep}::int) as mine`;
    return mine ? { done: await work(tx) } : null;
  });
  return result ? (result as { done: T }).done : null;
}

/** Waits until no append is under way and keeps new ones out until the transaction ends; gives up after a while. */
export async function excludeAppends(tx: TransactionSql, patienceMs: number): Promise<void> {
  await tx`select set_config('lock_timeout', ${String(patienceMs)}, true)`;
  await tx`select pg_advisory_xact_lock(${LOCKS}::int, ${LOCK.sealing}::int)`;
}
