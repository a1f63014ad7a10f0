import { type Subject, subjectOf } from './subject';

export type StatsdType = 'counter' | 'gauge' | 'timer' | 'set';

export interface StatsdLine {
  subject: Subject;
  type: StatsdType;
  /** As they are written: a sign says something of a gauge, and members of a set are no numbers. */
  values: string[];
  /** How many events one that was sent stands for: 1 / the rate at which its sender samples. */
  weight: number;
}

/** Why a line is not taken. */
export type Refused = 'malformed' | 'unsupported' | 'negative' | 'full';

const TYPES: Readonly<Record<string, StatsdType>> = {
  c: 'counter',
  g: 'gauge',
  ms: 'timer',
  h: 'timer',
  d: 'timer',
  s: 'set',
};

/** Events and service checks of Datadog. */
const NO_METRIC = /^_(e\{|sc\|)/;
const RATE = /^(?:0?\.\d+|0|1)(?:\.\d+)?(?:e-\d{1,2})?$/i;

/**
 * Reads `name:value|type`, and of Datadog's extensions several values (`name:1:2|ms`), a rate (`|@0.1`) and tags
 * (`|#env:prod,canary`); others are passed over (StatsD's metric_types.md; Datadog's "DogStatsD datagram").
 *
 * @param instance names this server, as a label of every series
 */
export function readStatsdLine(line: string, instance: string): StatsdLine | Refused {
  if (NO_METRIC.test(line)) return 'unsupported';
  const [head, typeName = '', ...extensions] = line.split('|');
  const colon = head.indexOf(':');
  if (colon < 1 || typeName === '') return 'malformed';
  if (!Object.hasOwn(TYPES, typeName)) return 'unsupported';
  let weight = 1;
  let tags = '';
  for (const extension of extensions) {
    if (extension.startsWith('@')) weight = weightOf(extension.slice(1));
    else if (extension.startsWith('#')) tags = extension.slice(1);
  }
  const subject = subjectOf(head.slice(0, colon), tags, instance);
  if (!subject || Number.isNaN(weight)) return 'malformed';
  return { subject, type: TYPES[typeName], values: head.slice(colon + 1).split(':'), weight };
}

/** NaN for what is no rate: above 0, at most 1. */
function weightOf(rate: string): number {
  const weight = RATE.test(rate) ? 1 / Number(rate) : Number.NaN;
  return weight >= 1 && Number.isFinite(weight) ? weight : Number.NaN;
}

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d{1,3})?$/i;

/** NaN for what is no number, or none that a float64 holds. */
export function readStatsdNumber(text: string): number {
  const number = NUMBER.test(text) ? Number(text) : Number.NaN;
  return Number.isFinite(number) ? number : Number.NaN;
}
