import { LABEL_NAME, type Labels, labelsKey } from '../../model/labels';
import { LIMITS } from '../../model/limits';
import { METRIC_NAME } from '../../model/series';
import { PLAUSIBLE_MS, wrongEpochUnit } from '../../model/units';
import { type IncomingSample, SAMPLE_ERRORS, type SampleError, sampleError } from './sample';
import type { Precision } from './timestamp';

export interface AdmissionWindow {
  /** Earliest and latest timestamp that is admitted, epoch ms. */
  oldest: number;
  newest: number;
  /** The unit that timestamps were read in: a sender outside of the window may have used another. */
  precision?: Precision;
}

/** Samples that may be stored, and the key of each one's labels (`labelsKey` of the registry). */
export interface Admission {
  admitted: IncomingSample[];
  labelsKeys: string[];
  errors: SampleError[];
}

/** The rules every sample must pass, whatever protocol brought it. */
export function admit(samples: readonly IncomingSample[], window: AdmissionWindow): Admission {
  const admission: Admission = { admitted: [], labelsKeys: [], errors: [] };
  // Samples of a batch share one labels object, which is then checked and made into a key once.
  let labels: Labels | undefined;
  let checked: CheckedLabels | SampleError = { labels: {}, key: '' };
  for (const sample of samples) {
    if (sample.labels !== labels) {
      labels = sample.labels;
      checked = checkLabels(labels);
    }
    const error = checkSample(sample, window);
    if (error) admission.errors.push(error);
    else if ('code' in checked) admission.errors.push({ ...checked, index: sample.index });
    else {
      sample.labels = checked.labels;
      admission.admitted.push(sample);
      admission.labelsKeys.push(checked.key);
    }
  }
  return admission;
}

function checkSample({ index, name, value, timestamp }: IncomingSample, window: AdmissionWindow) {
  if (name.length > LIMITS.metricNameLength || !METRIC_NAME.test(name))
    return sampleError(index, 'name', 'bad_name');
  if (!Number.isFinite(value)) return sampleError(index, 'value', 'not_finite');
  return checkTime(index, timestamp, window);
}

/** A timestamp of 1970 is a mistake even where samples are kept for ever. */
export function checkTime(
  index: number,
  timestamp: number,
  { oldest, newest, precision = 'ms' }: AdmissionWindow,
): SampleError | undefined {
  if (timestamp >= oldest && timestamp <= newest && timestamp >= PLAUSIBLE_MS.from) return undefined;
  if (Number.isNaN(timestamp)) return sampleError(index, 'timestamp', 'bad_timestamp');
  const code = timestamp > newest ? 'in_future' : 'too_old';
  const problem = wrongEpochUnit(timestamp, precision);
  if (problem)
    return sampleError(
      index,
      'timestamp',
      code,
      `${SAMPLE_ERRORS[code]}: it ${problem} (?precision= says which)`,
    );
  if (timestamp < oldest || timestamp > newest) return sampleError(index, 'timestamp', code);
}

interface CheckedLabels {
  labels: Labels;
  key: string;
}

/** A label without a value is the same as no label, as in Prometheus. */
function checkLabels(given: Labels): CheckedLabels | SampleError {
  const names = Object.keys(given);
  let hasEmpty = false;
  for (const name of names) {
    const value = given[name];
    if (!isLabelName(name) || !isLabelValue(value))
      return sampleError(0, `labels.${name.slice(0, LIMITS.labelNameLength)}`, 'bad_label');
    hasEmpty ||= value === '';
  }
  if (names.length > LIMITS.labelsPerSeries) return sampleError(0, 'labels', 'too_many_labels');
  const labels = hasEmpty ? withoutEmpty(given) : given;
  return { labels, key: labelsKey(labels) };
}

function withoutEmpty(labels: Labels): Labels {
  return Object.fromEntries(Object.entries(labels).filter(([, value]) => value !== ''));
}

/** `__proto__` is refused because most JavaScript cannot read it back. */
function isLabelName(name: string): boolean {
  return name.length <= LIMITS.labelNameLength && LABEL_NAME.test(name) && name !== '__proto__';
}

/** NUL separates the parts of a series' key, and PostgreSQL cannot store it; half a surrogate pair is not UTF-8. */
function isLabelValue(value: string): boolean {
  return value.length <= LIMITS.labelValueLength && !value.includes('\0') && value.isWellFormed();
}
