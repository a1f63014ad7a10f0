import type { Store } from '../../lib/store/store';

/** Makes the same series in the other store. @returns for each id of the one, what has it in the other. */
export async function copySeries(
  from: Store,
  to: Store,
): Promise<Map<number, { id: number; metricId: number }>> {
  const ids = new Map<number, { id: number; metricId: number }>();
  for await (const page of from.loadSeries()) {
    const made = await to.ensureSeries(page);
    page.forEach(({ id }, i) => {
      ids.set(id, made[i]);
    });
    await to.touchSeries(
      page.flatMap(({ lastSeen }, i) => (lastSeen > 0 ? [{ id: made[i].id, lastSeen }] : [])),
    );
  }
  return ids;
}
