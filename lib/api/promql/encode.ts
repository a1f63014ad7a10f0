import type { Result } from '../../read/promql/evaluate/evaluate';
import { type Grid, timeOf } from '../../read/promql/evaluate/series';
import { sampleJson } from './answer';

/** Samples that are written in one go: some tenths of a millisecond. */
const SAMPLES_AT_ONCE = 1_000;

/** The JSON of a query's answer at one time, in pieces. */
export function* instantJson(result: Result, { start }: Grid): Generator<string> {
  yield `{"resultType":"${result.type}","result":`;
  if (result.type === 'scalar') yield sampleJson(start, result.values[0]);
  if (result.type === 'string') yield `[${start / 1_000},${JSON.stringify(result.value)}]`;
  if (result.type === 'vector')
    yield* listOf(result.series, function* ({ labels, values, has }) {
      if (has[0]) yield `{"metric":${JSON.stringify(labels)},"value":${sampleJson(start, values[0])}}`;
    });
  if (result.type === 'matrix')
    yield* listOf(result.series, ({ labels, timestamps, values }) =>
      matrixSeries(labels, values.length, (i) => sampleJson(timestamps[i], values[i])),
    );
  yield '}';
}

/** The JSON of a query's answer over a range, in pieces. */
export function* rangeJson(result: Result, grid: Grid): Generator<string> {
  yield '{"resultType":"matrix","result":';
  if (result.type === 'scalar') {
    const { values } = result;
    yield* listOf([values], () =>
      matrixSeries({}, values.length, (k) => sampleJson(timeOf(grid, k), values[k])),
    );
  }
  if (result.type === 'vector')
    yield* listOf(result.series, function* ({ labels, values, has }) {
      if (has.includes(1))
        yield* matrixSeries(labels, grid.count, (k) =>
          has[k] ? sampleJson(timeOf(grid, k), values[k]) : null,
        );
    });
  yield '}';
}

/** @param sampleAt null where there is none */
function* matrixSeries(
  labels: object,
  count: number,
  sampleAt: (i: number) => string | null,
): Generator<string> {
  yield `{"metric":${JSON.stringify(labels)},"values":[`;
  let separator = '';
  for (let from = 0; from < count; from += SAMPLES_AT_ONCE) {
    let text = '';
    for (let i = from; i < Math.min(count, from + SAMPLES_AT_ONCE); i++) {
      const sample = sampleAt(i);
      if (sample === null) continue;
      text += `${separator}${sample}`;
      separator = ',';
    }
    yield text;
  }
  yield ']}';
}

/** Entries that come to nothing are left out. */
function* listOf<T>(items: readonly T[], encode: (item: T) => Iterable<string>): Generator<string> {
  yield '[';
  let isFirst = true;
  for (const item of items) {
    let separator = isFirst ? '' : ',';
    for (const text of encode(item)) {
      yield `${separator}${text}`;
      separator = '';
      isFirst = false;
    }
  }
  yield ']';
}
