/** Starts the system when Next.js runs by itself (`next start`); under `server.ts` it has started already. */
export async function register(): Promise<void> {
  if (process.env.NEXT_RUNTIME !== 'nodejs') return;
  const { startUnderNext } = await import('./lib/server/under-next');
  startUnderNext();
}
