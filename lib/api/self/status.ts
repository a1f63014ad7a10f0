import { formatValue, unitOf } from '../../model/format';
import type { Family, Reading } from '../../observe/figures';

/** Our own figures for people. */
export interface Status {
  verdict: { isWell: boolean; text: string };
  sections: StatusSection[];
}

export interface StatusSection {
  title: string;
  figures: StatusFigure[];
}

export interface StatusFigure {
  name: string;
  what: string;
  /** One value; or one for each part. */
  values: Array<{ part: string; text: string }>;
}

/** Sections by the beginnings of the names that belong to them, in the order of the page; the first that fits. */
const SECTIONS: ReadonlyArray<{ title: string; names: RegExp }> = [
  { title: 'Writing', names: /^pulseboard_(ingest|queue|commit|ready)/ },
  { title: 'Watching', names: /^pulseboard_(live|stream|hub|turn)/ },
  { title: 'Reading', names: /^pulseboard_tier_/ },
  { title: 'Memory', names: /^pulseboard_(ring|series|metrics)/ },
  { title: 'Circuit breakers', names: /^pulseboard_breaker_/ },
  { title: 'Other nodes', names: /^pulseboard_bus_/ },
  { title: 'Spool', names: /^pulseboard_spool_/ },
  { title: 'Process', names: /^(pulseboard|process|nodejs)_/ },
];

/** What a figure is in words that is a number for machines. */
const WORDS: Record<string, readonly string[]> = {
  pulseboard_ready: ['no', 'yes'],
  pulseboard_bus_up: ['no', 'yes'],
  pulseboard_breaker_state: ['closed', 'half-open', 'open'],
};

/** What it means that a circuit breaker is not closed. */
const BROKEN: Record<string, string> = {
  database_write: 'The database takes nothing.',
  database_read: 'The database does not answer questions.',
  redis: 'Redis does not answer.',
};

/** Figures section by section, and what they come to; a section without figures is left out. */
export function statusOf(families: readonly Family[]): Status {
  const sections: StatusSection[] = SECTIONS.map(({ title }) => ({ title, figures: [] }));
  for (const family of families) {
    const at = SECTIONS.findIndex(({ names }) => names.test(family.name));
    if (at !== -1 && family.readings.length > 0) sections[at].figures.push(figureOf(family));
  }
  return { verdict: verdictOf(families), sections: sections.filter(({ figures }) => figures.length > 0) };
}

/** What somebody on call wants to know first. */
function verdictOf(families: readonly Family[]): Status['verdict'] {
  const readings = (name: string) => families.find((family) => family.name === name)?.readings ?? [];
  const is = (name: string, wanted: (value: number) => boolean) =>
    readings(name).some(({ value }) => wanted(value));
  const troubles: string[] = [];
  if (is('pulseboard_ready', (value) => value === 0)) troubles.push('The server is not ready yet.');
  const broken = readings('pulseboard_breaker_state').filter(({ value }) => value > 0);
  for (const { labels } of broken)
    troubles.push(BROKEN[labels?.name ?? ''] ?? `${labels?.name} does not answer.`);
  if (is('pulseboard_bus_up', (value) => value === 0)) troubles.push('Other nodes may not be heard.');
  if (is('pulseboard_spool_bytes', (value) => value > 0))
    troubles.push('Samples wait on this disk for the database.');
  if (is('pulseboard_spool_skipped_records_total', (value) => value > 0))
    troubles.push('Samples that waited on this disk were damaged; the log says which.');
  else if (is('pulseboard_spool_aside_files', (value) => value > 0))
    troubles.push('Damaged files of the spool are kept aside to be looked at.');
  if (troubles.length > 0) return { isWell: false, text: troubles.join(' ') };
  return { isWell: true, text: 'All is well.' };
}

function figureOf(family: Family): StatusFigure {
  const { name, help, type, readings } = family;
  const values =
    type === 'histogram'
      ? partsOf(readings).map((part) => ({
          part,
          text: meanOf(
            name,
            readings.filter((reading) => partOf(reading) === part),
          ),
        }))
      : readings.map((reading) => ({ part: partOf(reading), text: textOf(name, reading) }));
  // What comes after a colon says how to read the number, which is a word here.
  return { name, what: help.replace(/(: .*)?\.$/, ''), values };
}

function partsOf(readings: readonly Reading[]): string[] {
  return [...new Set(readings.map(partOf))];
}

function partOf({ labels = {} }: Reading): string {
  return Object.entries(labels)
    .filter(([label]) => label !== 'le')
    .map(([label, value]) => (label === 'quantile' ? `${Number(value) * 100} %` : value))
    .join(', ');
}

function textOf(name: string, { value }: Reading): string {
  if (name === 'pulseboard_build_info') return '';
  if (name === 'process_start_time_seconds')
    return `${new Date(value * 1_000).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  if (name.endsWith('_ratio')) return Number.isNaN(value) ? '–' : formatValue(value * 100, unitOf('percent'));
  return WORDS[name]?.[value] ?? formatValue(value, unitOf(name));
}

/** A histogram's mean, and of how many. */
function meanOf(name: string, readings: readonly Reading[]): string {
  const of = (suffix: string) => readings.find((reading) => reading.suffix === suffix)?.value ?? 0;
  const count = of('_count');
  if (count === 0) return '–';
  return `${formatValue(of('_sum') / count, unitOf(name))} (mean of ${formatValue(count, unitOf(''))})`;
}
