import type { ISql } from 'postgres';
import type { SampleRows } from '../../model/samples';
import { arrayText } from '../arrays';

/** Commits samples in one transaction; returns the positions of those that were there already. */
export async function append(sql: ISql, { seriesIds, timestamps, values }: SampleRows): Promise<number[]> {
  const [{ duplicates }] = await sql<[{ duplicates: string }]>`
    select array_to_string(append_samples(
      ${arrayText(seriesIds)}::int4[], ${arrayText(timestamps)}::float8[], ${arrayText(values)}::float8[]
    ), ',') as duplicates`;
  return duplicates === '' ? [] : duplicates.split(',').map((position) => Number(position) - 1);
}
