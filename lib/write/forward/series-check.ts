import { createHash } from 'node:crypto';
import type { Registry } from '../../memory/catalogue/registry';
import { type Series, seriesKey } from '../../model/series';

/**
 * The queue knows series by their ids, which mean nothing in another database. So each record has a check of one series,
 * that with the highest id: a database that was set back to an earlier state gives the highest ids anew.
 */
export function checkOf({ metric, labels }: Series): number {
  return createHash('sha256').update(seriesKey(metric.name, labels)).digest().readUInt32LE(0);
}

/** @param seriesIds of one commit, ascending. @returns 0 where the series is not known */
export function checkOfRows(
  seriesIds: ArrayLike<number>,
  { seriesById }: Pick<Registry, 'seriesById'>,
): number {
  const series = seriesById.get(seriesIds[seriesIds.length - 1]);
  return series ? checkOf(series) : 0;
}
