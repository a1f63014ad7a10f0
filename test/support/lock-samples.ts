import postgres from 'postgres';

/** Keeps every write waiting inside the database until the returned function is called; twice is fine. */
export async function lockSamples(databaseUrl: string): Promise<() => Promise<void>> {
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {} });
  const lock = await sql.reserve();
  await lock`begin`;
  await lock`lock table samples in access exclusive mode`;
  const unlock = async () => {
    await lock`rollback`;
    lock.release();
    await sql.end();
  };
  let unlocked: Promise<void> | undefined;
  return () => {
    unlocked ??= unlock();
    return unlocked;
  };
}
