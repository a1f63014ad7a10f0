import { seriesKey } from '../catalogue/registry';
import { LABEL_NAME, type Labels, LIMITS, METRIC_NAME } from '../model';
import { type IncomingSample, type SampleError, type SampleErrorCode, sampleError } from './sample';

export interface AdmissionWindow {
  /** Earliest and latest timestamp let in, epoch ms. */
  oldest: number;
  newest: number;
}

/** A sample that may be stored, with the key of its series. */
export interface AdmittedSample extends IncomingSample {
  key: string;
}

/** The rules every sample must pass, whatever protocol brought it. */
export function admit(samples: readonly IncomingSample[], window: AdmissionWindow) {
  const admitted: AdmittedSample[] = [];
  const errors: SampleError[] = [];
  // Samples of a batch share one labels object, which is then checked and made into a key once.
  let labels: Labels | undefined;
  let checked: CheckedLabels | SampleError = { labels: {}, keySuffix: '' };
  for (const sample of samples) {
    if (sample.labels !== labels) {
      labels = sample.labels;
      checked = checkLabels(labels);
    }
    const error = checkOwn(sample, window);
    if (error) errors.push(error);
    else if ('code' in checked) errors.push({ ...checked, index: sample.index });
    else admitted.push({ ...sample, labels: checked.labels, key: sample.name + checked.keySuffix });
  }
  return { admitted, errors };
}

function checkOwn({ index, name, value, timestamp }: IncomingSample, { oldest, newest }: AdmissionWindow) {
  if (name.length > LIMITS.metricNameLength || !METRIC_NAME.test(name))
    return sampleError(index, 'name', 'bad_name');
  if (!Number.isFinite(value)) return sampleError(index, 'value', 'not_finite');
  if (timestamp < oldest) return sampleError(index, 'timestamp', 'too_old');
  if (timestamp > newest) return sampleError(index, 'timestamp', 'in_future');
}

interface CheckedLabels {
  labels: Labels;
  /** What follows the metric's name in the series' key. */
  keySuffix: string;
}

/** A label without a value is the same as no label, as in Prometheus. */
function checkLabels(given: Labels): CheckedLabels | SampleError {
  const bad = (path: string, code: SampleErrorCode) => sampleError(0, path, code);
  const labels: Record<string, string> = {};
  const names = Object.keys(given);
  for (const name of names) {
    const value = given[name];
    if (!isLabelName(name) || !isLabelValue(value))
      return bad(`labels.${name.slice(0, LIMITS.labelNameLength)}`, 'bad_label');
    if (value !== '') labels[name] = value;
  }
  if (names.length > LIMITS.labelsPerSeries) return bad('labels', 'too_many_labels');
  return { labels, keySuffix: seriesKey('', labels) };
}

/** `__proto__` would be a label that half of all code cannot read back. */
export function isLabelName(name: string): boolean {
  return name.length <= LIMITS.labelNameLength && LABEL_NAME.test(name) && name !== '__proto__';
}

/** NUL parts the pieces of a series' key and PostgreSQL cannot store it; half a surrogate pair is not UTF-8. */
export function isLabelValue(value: string): boolean {
  return value.length <= LIMITS.labelValueLength && !value.includes('\0') && value.isWellFormed();
}
