import type { Labels } from '../../../model/labels';
import { admit } from '../admission';
import { Memo } from '../memo';
import { toLabels, toMetricName } from '../names';

/** What a line is of. */
export interface Subject {
  name: string;
  labels: Labels;
  /** The same for the same name and labels, in whatever order and form they are written. */
  key: string;
}

/** By how it is written; null for what can be no series. */
const subjects = new Memo<{ subject: Subject | null }>(16 * 2 ** 20);

/** The longest that is made of a name. */
const LONGEST_SUFFIX = '_bucket';

/**
 * The series that a name and Datadog's tags are of; a tag without a value has the value `true`.
 * @returns null for what can be no series, so that nothing is counted for it
 */
export function subjectOf(name: string, tags: string, instance: string): Subject | null {
  const text = `${instance}|${name}|${tags}`;
  const { subject } =
    subjects.get(text) ?? subjects.set(text, { subject: readSubject(name, tags, instance) });
  return subject;
}

function readSubject(written: string, tags: string, instance: string): Subject | null {
  const name = toMetricName(written);
  const given = new Map<string, string>();
  for (const tag of tags === '' ? [] : tags.split(',')) {
    const colon = tag.indexOf(':');
    const label = colon === -1 ? tag : tag.slice(0, colon);
    if (label === '') return null;
    // As Prometheus does with a target's own label of that name.
    given.set(
      label === 'instance' ? 'exported_instance' : label,
      colon === -1 ? 'true' : tag.slice(colon + 1),
    );
  }
  const labels = { ...toLabels(given), instance };
  const sample = { index: 0, name: name + LONGEST_SUFFIX, value: 0, timestamp: Date.now(), labels };
  const { admitted, labelsKeys } = admit([sample], ANY_TIME);
  if (admitted.length === 0) return null;
  return { name, labels: admitted[0].labels, key: name + labelsKeys[0] };
}

const ANY_TIME = { oldest: Number.NEGATIVE_INFINITY, newest: Number.POSITIVE_INFINITY };
