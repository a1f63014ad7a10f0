import postgres from 'postgres';

/** Keeps every write waiting inside the database until the returned function is called. */
export async function lockSamples(databaseUrl: string): Promise<() => Promise<void>> {
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {} });
  const lock = await sql.reserve();
  await lock`begin`;
  await lock`lock table samples in access exclusive mode`;
  return async () => {
    await lock`rollback`;
    lock.release();
    await sql.end();
  };
}
