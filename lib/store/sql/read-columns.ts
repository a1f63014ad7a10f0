import type { ISql } from 'postgres';
import type { TimeRange } from '../../model/points';
import { DAY, SECOND } from '../../model/time/duration';
import { arrayText } from '../arrays';
import type { Lanes } from '../pools';
import type { ColumnQuestion, ColumnReader, SeriesColumn } from '../store';
import { moment } from './parts';

/** Samples that a page should have: some ms of work here, and a tenth of a second there. */
const PAGE_SAMPLES = 200_000;
/** How often a series is assumed to have a sample, until a page has shown it. */
const SAMPLE_EVERY_MS = SECOND;
const GROWTH = 8;
/** Times within a page are kept as int4 ms. */
const LONGEST_SLICE_MS = 20 * DAY;
/** From so many samples on, others should not wait for it. */
const HEAVY_SAMPLES = 100_000;
/** Of a sample's time and value. */
const TIME_BYTES = 4;
const VALUE_BYTES = 8;

type Row = [seriesId: number, times: string, values: string];

export interface ColumnReaderOptions {
  /** Whether samples lie in the order of metrics: then that is how they are found. */
  byMetric: boolean;
  /** Where in time samples lie, oldest first. */
  listStretches(sql: ISql): Promise<readonly TimeRange[]>;
}

/** Reads columns, one slice of time after the other: each as long as the one before it suggests for a page. */
export function createColumnReader(
  { read }: Pick<Lanes, 'read'>,
  options: ColumnReaderOptions,
): ColumnReader {
  return {
    async *readColumns(question, readOptions) {
      const { seriesIds, start, end, most } = question;
      if (seriesIds.length === 0 || start >= end) return;
      const stretches = await read.run(options.listStretches, readOptions);
      const expected = (seriesIds.length * (end - start)) / SAMPLE_EVERY_MS;
      const reading = { ...readOptions, isHeavy: expected > HEAVY_SAMPLES };
      let slice = firstSlice(seriesIds.length);
      let left = most;
      for (const stretch of within(stretches, start, end)) {
        let from = stretch.start;
        while (from < stretch.end) {
          const to = Math.min(stretch.end, from + slice);
          const part = { ...question, start: from, end: to, most: left };
          const page = await read.run((sql) => readPage(sql, part, options), reading);
          const count = page.reduce((sum, { values }) => sum + values.length, 0);
          if (page.length > 0) yield page;
          left -= count;
          slice = nextSlice(slice, count);
          from = to;
        }
      }
    },
  };
}

function firstSlice(series: number): number {
  return Math.min(LONGEST_SLICE_MS, Math.max(SECOND, Math.floor((PAGE_SAMPLES / series) * SAMPLE_EVERY_MS)));
}

function nextSlice(slice: number, count: number): number {
  const factor = Math.min(GROWTH, PAGE_SAMPLES / Math.max(1, count));
  return Math.min(LONGEST_SLICE_MS, Math.max(1, Math.floor(slice * factor)));
}

/** The parts of a range that hold samples; neighbours, and such as overlap, as one. */
function within(stretches: readonly TimeRange[], start: number, end: number): TimeRange[] {
  const parts: TimeRange[] = [];
  for (const stretch of stretches) {
    const from = Math.max(start, stretch.start, parts.at(-1)?.end ?? start);
    const to = Math.min(end, stretch.end);
    if (from >= to) continue;
    const last = parts.at(-1);
    if (last?.end === from) last.end = to;
    else parts.push({ start: from, end: to });
  }
  return parts;
}

/**
 * A row for each series, its samples as bytes: a row for each sample would take the driver ten times as long. Of one
 * sample more than may be, so that whoever counts them knows.
 */
async function readPage(
  sql: ISql,
  { metricId, seriesIds, start, end, most }: ColumnQuestion,
  { byMetric }: ColumnReaderOptions,
): Promise<SeriesColumn[]> {
  const ofMetric = byMetric ? sql`metric_id = ${metricId} and` : sql``;
  const rows = (await sql`
    select series_id,
      encode(string_agg(int4send(at), '' order by at), 'hex'),
      encode(string_agg(float8send(value), '' order by at), 'hex')
    from (
      select series_id, (round(date_part('epoch', ts) * 1000) - ${start}::float8)::int4 as at, value
      from samples
      where ${ofMetric} series_id = any(${arrayText(seriesIds)}::int4[])
        and ts >= ${moment(sql, start)} and ts < ${moment(sql, end)}
      limit ${Math.max(0, most) + 1}
    ) found
    group by series_id`.values()) as unknown as Row[];
  return rows.map(([seriesId, times, values]) => ({
    seriesId,
    timestamps: numbersIn(times, TIME_BYTES, (bytes, at) => start + bytes.readInt32BE(at)),
    values: numbersIn(values, VALUE_BYTES, (bytes, at) => bytes.readDoubleBE(at)),
  }));
}

function numbersIn(hex: string, width: number, read: (bytes: Buffer, at: number) => number): Float64Array {
  const bytes = Buffer.from(hex, 'hex');
  const numbers = new Float64Array(bytes.length / width);
  for (let i = 0; i < numbers.length; i++) numbers[i] = read(bytes, i * width);
  return numbers;
}
