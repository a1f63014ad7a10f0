import { SECOND } from '../../lib/model/time/duration';
import { readRecords } from './csv';

/** One row of a file that can be a sample, or what is wrong with it. */
export type Row =
  | { timestamp: number; value: number; bytesRead: number }
  | { problem: string; number: number; bytesRead: number };

export interface Columns {
  timestamp: string;
  value: string;
}

/** The rows of a CSV file with a header. Throws a sentence when a column is not there. */
export async function* readRows(input: AsyncIterable<Buffer>, columns: Columns): AsyncGenerator<Row> {
  let places: { timestamp: number; value: number } | null = null;
  /** The header's is 1, as in a spreadsheet. */
  let number = 0;
  for await (const { fields, bytesRead } of readRecords(input)) {
    number++;
    if (!places) {
      places = placesOf(fields, columns);
      continue;
    }
    const timestamp = parseTimestamp(fields[places.timestamp] ?? '');
    const text = (fields[places.value] ?? '').trim();
    const value = Number(text);
    if (timestamp === null)
      yield { problem: `"${fields[places.timestamp] ?? ''}" is no time`, number, bytesRead };
    else if (text === '' || !Number.isFinite(value))
      yield { problem: `"${text}" is no number`, number, bytesRead };
    else yield { timestamp, value, bytesRead };
  }
  if (!places) throw new Error('The file is empty.');
}

function placesOf(header: string[], columns: Columns): { timestamp: number; value: number } {
  const names = header.map((name) => name.replace(/^\uFEFF/, '').trim());
  const placeOf = (name: string, option: string) => {
    const place = names.indexOf(name);
    if (place === -1) {
      throw new Error(
        `The file has no column "${name}"; it has: ${names.join(', ')}. Choose one with ${option}.`,
      );
    }
    return place;
  };
  return {
    timestamp: placeOf(columns.timestamp, '--timestamp-column'),
    value: placeOf(columns.value, '--value-column'),
  };
}

const ISO_8601 = /^(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d(?::\d\d(?:\.\d+)?)?) ?(Z|[+-]\d\d:?\d\d)?)?$/;
/** Integers below this are seconds: as ms they would lie before March 1973, as seconds the limit is the year 5138. */
const SECONDS_BELOW = 100_000_000_000;

/** Epoch ms of a time as files write it: ISO 8601 (UTC without a zone), or epoch seconds or ms; else null. */
export function parseTimestamp(text: string): number | null {
  const trimmed = text.trim();
  if (/^\d+(\.\d+)?$/.test(trimmed)) {
    const number = Number(trimmed);
    return Math.round(number < SECONDS_BELOW ? number * SECOND : number);
  }
  const [, date, time = '00:00', zone = 'Z'] = ISO_8601.exec(trimmed) ?? [];
  const parsed = Date.parse(`${date}T${time}${zone}`);
  return Number.isNaN(parsed) ? null : parsed;
}
