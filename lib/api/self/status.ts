import { formatValue, unitOf } from '../../model/format';
import { formatSelector } from '../../model/selector';
import type { Query } from '../../model/wire/query';
import type { Status, StatusFigure, StatusValue, Tone } from '../../model/wire/status';
import type { Family, Reading } from '../../observe/figures';
import { quantileOf } from '../../observe/quantile';
import { type FigureRow, STATUS_SECTIONS } from './status-figures';

/** Words for figures that are coded as numbers. */
const WORDS: Record<string, ReadonlyArray<[text: string, tone: Tone]>> = {
  pulseboard_ready: [
    ['no', 'bad'],
    ['yes', 'good'],
  ],
  pulseboard_bus_up: [
    ['no', 'bad'],
    ['yes', 'good'],
  ],
  pulseboard_forward_up: [
    ['no', 'warn'],
    ['yes', 'good'],
  ],
  pulseboard_breaker_state: [
    ['closed', 'good'],
    ['half-open', 'warn'],
    ['open', 'bad'],
  ],
};

/** What it means that a circuit breaker is not closed. */
const BROKEN: Record<string, string> = {
  database_write: 'The database does not accept samples.',
  database_read: 'The database does not answer queries.',
  redis: 'Redis does not answer.',
};

/** The section of figures that have no row in the table. */
const OTHER = 'Other';
const HIGH = 0.99;

/**
 * Figures section by section, and their summary; a section without figures is left out.
 * @param instance the label under which this server stores its figures; null when it does not, then nothing has a chart
 */
export function statusOf(families: readonly Family[], instance: string | null): Status {
  const byName = new Map(families.filter(hasReadings).map((family) => [family.name, family]));
  const sections = STATUS_SECTIONS.map(({ title, figures }) => ({
    title,
    figures: figures.flatMap((row) => {
      const family = byName.get(row.name);
      byName.delete(row.name);
      return family ? [figureOf(row, family, instance)] : [];
    }),
  }));
  const others = [...byName.values()].filter(({ name }) => OURS.test(name));
  const rowOf = ({ name, help }: Family): FigureRow => ({ name, title: help.replace(/\.$/, '') });
  sections.push({ title: OTHER, figures: others.map((family) => figureOf(rowOf(family), family, null)) });
  return { summary: summarise(families), sections: sections.filter(({ figures }) => figures.length > 0) };
}

const OURS = /^(pulseboard|process|nodejs)_/;

function hasReadings({ readings }: Family): boolean {
  return readings.length > 0;
}

/** The state of the server in one sentence. */
function summarise(families: readonly Family[]): Status['summary'] {
  const readings = (name: string) => families.find((family) => family.name === name)?.readings ?? [];
  const is = (name: string, holds: (value: number) => boolean) =>
    readings(name).some(({ value }) => holds(value));
  const problems: string[] = [];
  if (is('pulseboard_ready', (value) => value === 0)) problems.push('The server is not ready yet.');
  const broken = readings('pulseboard_breaker_state').filter(({ value }) => value > 0);
  for (const { labels } of broken)
    problems.push(BROKEN[labels?.name ?? ''] ?? `${labels?.name} does not answer.`);
  if (is('pulseboard_bus_up', (value) => value === 0))
    problems.push('Messages of other nodes may not arrive.');
  if (is('pulseboard_spool_bytes', (value) => value > 0))
    problems.push('Samples on this disk wait for the database.');
  if (is('pulseboard_spool_skipped_records_total', (value) => value > 0))
    problems.push('Samples that waited on this disk were damaged; the log says which.');
  else if (is('pulseboard_spool_aside_files', (value) => value > 0))
    problems.push('Damaged files of the spool are kept; the log says which.');
  if (problems.length > 0) return { isWell: false, text: problems.join(' ') };
  return { isWell: true, text: 'All is well.' };
}

function figureOf(row: FigureRow, family: Family, instance: string | null): StatusFigure {
  const { name, title } = row;
  const values = family.type === 'histogram' ? latenciesOf(row, family) : valuesOf(row, family);
  return { name, title, values, trend: instance === null ? null : trendOf(row, family, instance) };
}

/** Short enough to be in memory, so that the page needs no database. */
function trendOf({ name, chart }: FigureRow, { type }: Family, instance: string): Query | null {
  if (!chart) return null;
  const labels = Object.entries({ ...chart, instance });
  const match = formatSelector(labels.map(([label, value]) => ({ label, operator: '=', value })));
  const range = { match, start: 'now-5m', end: 'now', step: '10s' };
  if (type === 'gauge') return { metric: name, aggregate: 'sum(avg)', ...range };
  if (type === 'counter') return { metric: name, aggregate: 'rate', ...range };
  // The mean of what was observed in a step.
  const mean = { expression: 'a / b', 'b.metric': `${name}_count` };
  return { metric: `${name}_sum`, aggregate: 'rate', ...mean, ...range };
}

function valuesOf({ name, parts }: FigureRow, { readings }: Family): StatusValue[] {
  return readings.map((reading) => {
    const part = partOf(reading, parts);
    const [word, tone] = WORDS[name]?.[reading.value] ?? [];
    return word ? { part, text: word, tone } : { part, text: textOf(name, reading) };
  });
}

/** A histogram's mean and what 99 of 100 observations are below, since the start; of several parts the latter only. */
function latenciesOf({ name, parts }: FigureRow, { readings }: Family): StatusValue[] {
  const all = [...new Set(readings.map((reading) => partOf(reading, parts)))];
  const unit = unitOf(name);
  return all.flatMap((part) => {
    const own = readings.filter((reading) => partOf(reading, parts) === part);
    const of = (suffix: string) => own.find((reading) => reading.suffix === suffix)?.value ?? 0;
    const count = of('_count');
    if (count === 0) return all.length > 1 ? [] : [{ part, text: '–' }];
    const high = { part: `${part} p99`.trim(), text: formatValue(quantileOf(HIGH, own), unit) };
    return all.length > 1 ? [high] : [{ part: 'mean', text: formatValue(of('_sum') / count, unit) }, high];
  });
}

function partOf({ labels = {} }: Reading, parts: FigureRow['parts'] = {}): string {
  return Object.entries(labels)
    .filter(([label]) => label !== 'le')
    .map(([label, value]) => (label === 'quantile' ? percentileName(Number(value)) : (parts[value] ?? value)))
    .join(', ');
}

function percentileName(share: number): string {
  return share === 1 ? 'max' : `p${share * 100}`;
}

function textOf(name: string, { value }: Reading): string {
  if (name === 'pulseboard_build_info') return '';
  if (name === 'process_start_time_seconds')
    return `${new Date(value * 1_000).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  if (Number.isNaN(value)) return '–';
  return formatValue(value, unitOf(name));
}
