import type { Labels } from '../../../model/labels';
import { SECOND } from '../../../model/time/duration';
import { Memo } from '../memo';
import { toLabels, toMetricName } from '../names';

export interface GraphiteLine {
  name: string;
  labels: Labels;
  /** May be NaN or infinite: then there is none. */
  value: number;
  /** Epoch ms. */
  timestamp: number;
}

type Path = Pick<GraphiteLine, 'name' | 'labels'>;

/** By their text: it is the same each time. */
const paths = new Memo<{ path: Path | null }>(32 * 2 ** 20);

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d{1,4})?$/i;
const NO_NUMBER = /^[+-]?(?:nan|inf(?:inity)?)$/i;

/**
 * Reads `path value seconds`, whose path may have tags: `name;tag=value` (Graphite's manual, "Feeding in your data"
 * and "Tag support").
 *
 * @param now of a line whose time is -1, epoch ms
 * @returns null for what is no such line
 */
export function readGraphiteLine(line: string, now: number): GraphiteLine | null {
  const [text, value, time, ...more] = line.split(/[ \t]+/);
  if (time === undefined || more.length > 0) return null;
  const { path } = paths.get(text) ?? paths.set(text, { path: readPath(text) });
  const timestamp = readTime(time, now);
  const isValue = NUMBER.test(value) || NO_NUMBER.test(value);
  if (!path || timestamp === null || !isValue) return null;
  return { ...path, value: Number(value), timestamp };
}

function readTime(text: string, now: number): number | null {
  if (text === '-1') return now;
  return NUMBER.test(text) ? Math.round(Number(text) * SECOND) : null;
}

function readPath(text: string): Path | null {
  const [name, ...tags] = text.split(';');
  if (name === '') return null;
  const labels = new Map<string, string>();
  for (const tag of tags) {
    const equals = tag.indexOf('=');
    if (equals < 1 || equals === tag.length - 1) return null;
    labels.set(tag.slice(0, equals), tag.slice(equals + 1));
  }
  return { name: toMetricName(name), labels: toLabels(labels) };
}
