import type { SeriesCatalogue } from '../../lib/store/store';

/** Makes the same series in the other catalogue. @returns for each id of the one, what has it in the other. */
export async function copySeries(
  from: SeriesCatalogue,
  to: SeriesCatalogue,
): Promise<Map<number, { id: number; metricId: number }>> {
  const ids = new Map<number, { id: number; metricId: number }>();
  for await (const page of from.load()) {
    const made = await to.ensure(page);
    page.forEach(({ id }, i) => {
      ids.set(id, made[i]);
    });
    await to.touch(page.flatMap(({ lastSeen }, i) => (lastSeen > 0 ? [{ id: made[i].id, lastSeen }] : [])));
  }
  return ids;
}
