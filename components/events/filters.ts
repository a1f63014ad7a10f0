import { LEVELS, type Level } from '@/lib/model/events';

/** The filters of the list, as its address names them. */
export const FILTERS = ['service', 'endpoint', 'host', 'level', 'q', 'from', 'to'] as const;
export type Filter = (typeof FILTERS)[number];

/** `warn,error,fatal`: this level and graver ones. */
export function levelsFrom(level: Level): string {
  return LEVELS.slice(LEVELS.indexOf(level)).join();
}

export const LEVEL_CHOICES = [
  { value: 'any', label: 'Any level' },
  { value: levelsFrom('info'), label: 'Info and above' },
  { value: levelsFrom('warn'), label: 'Warnings and above' },
  { value: levelsFrom('error'), label: 'Errors' },
] as const;

export const TIME_CHOICES = [
  { value: 'any', label: 'All that is kept' },
  { value: 'now-15m', label: 'Last 15 minutes' },
  { value: 'now-1h', label: 'Last hour' },
  { value: 'now-6h', label: 'Last 6 hours' },
  { value: 'now-24h', label: 'Last 24 hours' },
] as const;

/** What the API is asked with for a page of this address. */
export function apiUrl(params: URLSearchParams): string {
  const asked = new URLSearchParams();
  for (const name of [...FILTERS, 'limit', 'before'] as const) {
    const value = params.get(name);
    if (value) asked.set(name, value);
  }
  const text = asked.toString();
  return `/api/events${text && `?${text}`}`;
}

/** Whether newer events belong into the list as they happen. */
export function isLive(params: URLSearchParams): boolean {
  return !params.get('before') && (params.get('to') ?? 'now') === 'now';
}

/** A range that is none of the choices, in words for the reader's clock. */
export function timeText(value: string, format: (t: number) => string): string {
  return /^\d+$/.test(value) ? format(Number(value)) : value;
}
