import { PulseError } from '../../../model/errors';
import type { Labels } from '../../../model/labels';
import { toText } from '../body';
import { toLabels, toMetricName } from '../names';
import { type NamedSeries, Portions } from '../portions';
import type { DecodedSamples } from '../sample';
import {
  type ExposedKind,
  ExpositionError,
  type ExpositionFormat,
  parseSeries,
  readInTurns,
} from './exposition';

/** Between turns others have theirs. Of a body that is not longer all is read before any of it is stored. */
const LINES_IN_TURN = 5_000;

/**
 * An exposition that was pushed.
 *
 * @param grouping labels of all its samples, in place of their own of those names
 * @throws PulseError `bad_body`
 */
export function* decodePush(
  bytes: Buffer,
  format: ExpositionFormat,
  grouping: Labels,
): Generator<DecodedSamples> {
  const portions = new Portions();
  const now = Date.now();
  const reader = {
    sample(key: string, value: number, timestamp: number | null, kind: ExposedKind) {
      const series = seriesOf(key, kind, grouping);
      if (series) portions.addSample(series, timestamp ?? now, value);
      else portions.reject('bad_sample', `${key.slice(0, 100)} is no series`);
    },
  };
  try {
    for (const _ of readInTurns(toText(bytes), format, reader, LINES_IN_TURN)) yield portions.take();
  } catch (error) {
    if (!(error instanceof ExpositionError)) throw error;
    throw new PulseError('bad_body', `The body is no exposition of Prometheus: ${error.message}.`);
  }
  yield portions.take();
}

function seriesOf(key: string, { type, unit }: ExposedKind, grouping: Labels): NamedSeries | null {
  const exposed = parseSeries(key);
  if (!exposed) return null;
  const labels = new Map(Object.entries({ ...exposed.labels, ...grouping }));
  return { name: toMetricName(exposed.name), labels: toLabels(labels), type, unit };
}
