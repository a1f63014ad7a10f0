import { EVENT_LIMITS } from '../../model/events';

/** The further fields of an event. */
export interface ReadFields {
  values: Record<string, unknown>;
  /** The same as JSON; null where there are none. */
  text: string | null;
}

/** What an object has beside `own`; null when that is too much, too deep, or cannot be stored. */
export function readFields(
  given: Readonly<Record<string, unknown>>,
  own: ReadonlySet<string>,
): ReadFields | null {
  const further = Object.entries(given).filter(([name]) => !own.has(name));
  if (further.length === 0) return { values: {}, text: null };
  // `Object.fromEntries` makes `__proto__` an own property, which is refused with the other names.
  const values = Object.fromEntries(further);
  const room = { fields: EVENT_LIMITS.fields };
  if (!fits(values, EVENT_LIMITS.fieldDepth, room)) return null;
  const text = JSON.stringify(values);
  return text.length <= EVENT_LIMITS.fieldsLength ? { values, text } : null;
}

/** Whether a value parsed from JSON may be stored. Goes no deeper than `depth`, however deep the value is. */
function fits(value: unknown, depth: number, room: { fields: number }): boolean {
  if (typeof value === 'string') return isText(value);
  // A number too large for float64, which JSON has no way to say again.
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object' || value === null) return true;
  if (depth === 0) return false;
  const entries = Array.isArray(value) ? value.map((item) => ['', item] as const) : Object.entries(value);
  room.fields -= entries.length;
  if (room.fields < 0) return false;
  return entries.every(([name, item]) => isName(name) && fits(item, depth - 1, room));
}

function isName(name: string): boolean {
  return name.length <= EVENT_LIMITS.fieldNameLength && name !== '__proto__' && isText(name);
}

function isText(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed();
}
