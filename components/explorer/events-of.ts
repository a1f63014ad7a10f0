import type { Matcher } from '@/lib/model/labels';

/** Labels that events have, too. */
const SHARED = ['service', 'endpoint', 'host'];

/** The filters of the events that happened in a chart's range, of what it shows where they can say that. */
export function eventsOf(
  { start, end }: { start: string; end: string },
  matchers: readonly Matcher[],
): Record<string, string> {
  const equal = matchers.filter(({ label, operator }) => operator === '=' && SHARED.includes(label));
  return {
    from: start,
    ...(end !== 'now' && { to: end }),
    ...Object.fromEntries(equal.map(({ label, value }) => [label, value])),
  };
}
