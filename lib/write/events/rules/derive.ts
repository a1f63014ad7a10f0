import { LEVELS } from '../../../model/events';
import type { Labels } from '../../../model/labels';
import { LIMITS } from '../../../model/limits';
import type { IncomingEvent } from '../incoming-event';
import type { Condition, EventField, EventRules, MetricRule } from './schema';

/** One sample to be, of an event: its metric and its value. */
export interface DerivedValue {
  rule: MetricRule;
  value: number;
}

/** What the rules make of an event; nothing where none applies. */
export function deriveValues({ metrics }: EventRules, event: IncomingEvent): DerivedValue[] {
  const derived: DerivedValue[] = [];
  for (const rule of metrics) {
    if (!rule.when.some((condition) => holds(condition, event))) continue;
    const value = readValue(rule, event);
    if (value !== null) derived.push({ rule, value });
  }
  return derived;
}

/** The labels of an event's samples. A field that it lacks is no label, nor is one whose value none can hold. */
export function deriveLabels({ labels }: EventRules, event: IncomingEvent): Labels {
  const entries: Array<[string, string]> = [];
  for (const { label, field } of labels) {
    const value = fieldOf(event, field);
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') continue;
    const text = String(value);
    if (text !== '' && text.length <= LIMITS.labelValueLength) entries.push([label, text]);
  }
  return Object.fromEntries(entries);
}

function readValue({ value }: MetricRule, event: IncomingEvent): number | null {
  switch (value.of) {
    case 'one':
      return 1;
    case 'share':
      return value.any.some((condition) => holds(condition, event)) ? 1 : 0;
    case 'field': {
      const number = fieldOf(event, value.field);
      return typeof number === 'number' && Number.isFinite(number) ? number : null;
    }
  }
}

function holds(condition: Condition, event: IncomingEvent): boolean {
  if (condition.is === 'levelFrom') return LEVELS.indexOf(event.level) >= LEVELS.indexOf(condition.level);
  const value = fieldOf(event, condition.field);
  switch (condition.is) {
    case 'present':
      return value !== null && value !== undefined;
    case 'atLeast':
      return typeof value === 'number' && value >= condition.value;
    case 'oneOf':
      return condition.values.some((one) => one === value);
  }
}

const FURTHER = 'fields.';

/** An own property only: a field called `constructor` is there when it was sent. */
function fieldOf(event: IncomingEvent, field: EventField): unknown {
  if (!field.startsWith(FURTHER)) return event[field as Exclude<EventField, `fields.${string}`>];
  const name = field.slice(FURTHER.length);
  return Object.hasOwn(event.fields, name) ? event.fields[name] : null;
}
