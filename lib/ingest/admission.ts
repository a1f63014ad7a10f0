import { labelsKey } from '../catalogue/registry';
import { LABEL_NAME, type Labels, LIMITS, METRIC_NAME } from '../model';
import { type IncomingSample, type SampleError, sampleError } from './sample';

export interface AdmissionWindow {
  /** Earliest and latest timestamp let in, epoch ms. */
  oldest: number;
  newest: number;
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
    const error = checkOwn(sample, window);
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

function checkOwn({ index, name, value, timestamp }: IncomingSample, { oldest, newest }: AdmissionWindow) {
  if (name.length > LIMITS.metricNameLength || !METRIC_NAME.test(name))
    return sampleError(index, 'name', 'bad_name');
  if (!Number.isFinite(value)) return sampleError(index, 'value', 'not_finite');
  if (timestamp < oldest) return sampleError(index, 'timestamp', 'too_old');
  if (timestamp > newest) return sampleError(index, 'timestamp', 'in_future');
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

/** `__proto__` would be a label that half of all code cannot read back. */
export function isLabelName(name: string): boolean {
  return name.length <= LIMITS.labelNameLength && LABEL_NAME.test(name) && name !== '__proto__';
}

/** NUL parts the pieces of a series' key and PostgreSQL cannot store it; half a surrogate pair is not UTF-8. */
export function isLabelValue(value: string): boolean {
  return value.length <= LIMITS.labelValueLength && !value.includes('\0') && value.isWellFormed();
}
