import { formatValue, unitOf } from '../format';
import type { Family, Reading } from './figures';

export interface StatusSection {
  title: string;
  rows: Array<{ key: string; what: string; value: string }>;
}

/** Sections by the beginnings of the names that belong to them, in the order of the page; the first that fits. */
const SECTIONS: ReadonlyArray<{ title: string; names: RegExp }> = [
  { title: 'Circuit breakers', names: /^pulseboard_breaker_/ },
  { title: 'Other nodes', names: /^pulseboard_bus_/ },
  { title: 'Spool', names: /^pulseboard_spool_/ },
  { title: 'Writing', names: /^pulseboard_(ingest|queue|commit|ready)/ },
  { title: 'Reading', names: /^pulseboard_tier_/ },
  { title: 'Watching', names: /^pulseboard_(live|stream|hub|turn)/ },
  { title: 'Memory', names: /^pulseboard_(ring|series|metrics)/ },
  { title: 'Process', names: /^(pulseboard|process|nodejs)_/ },
];

const BREAKER_WORDS = ['closed', 'half-open', 'open'];

/** Our own figures for people, section by section; one without figures is left out. */
export function statusSections(families: readonly Family[]): StatusSection[] {
  const sections = SECTIONS.map(({ title }) => ({ title, rows: [] as StatusSection['rows'] }));
  for (const family of families) {
    const at = SECTIONS.findIndex(({ names }) => names.test(family.name));
    if (at !== -1) sections[at].rows.push(...rowsOf(family));
  }
  return sections.filter(({ rows }) => rows.length > 0);
}

function rowsOf(family: Family): StatusSection['rows'] {
  const { name, help, type } = family;
  if (type === 'histogram') return meansOf(family);
  return family.readings.map((reading) => {
    const labels = Object.values(reading.labels ?? {}).join(', ');
    return {
      key: `${name} ${labels}`,
      what: labels ? `${help} ${labels}` : help,
      value: textOf(name, reading),
    };
  });
}

function textOf(name: string, { labels, value }: Reading): string {
  if (name === 'pulseboard_build_info') return 'running';
  if (name === 'pulseboard_breaker_state') return BREAKER_WORDS[value] ?? '–';
  if (name === 'process_start_time_seconds') return new Date(value * 1_000).toISOString();
  return labels?.le ? '' : formatValue(value, unitOf(name));
}

/** Each histogram's mean, and of how many. */
function meansOf({ name, help, readings }: Family): StatusSection['rows'] {
  const counts = readings.filter(({ suffix }) => suffix === '_count');
  const sums = readings.filter(({ suffix }) => suffix === '_sum');
  return counts.map(({ labels = {}, value: count }, i) => {
    const which = Object.values(labels).join(', ');
    const mean = count === 0 ? '–' : formatValue(sums[i].value / count, unitOf(name));
    return {
      key: which ? `${name} ${which}` : name,
      what: which ? `${help} ${which}` : help,
      value: count === 0 ? mean : `${mean} on average of ${formatValue(count, unitOf(''))}`,
    };
  });
}
