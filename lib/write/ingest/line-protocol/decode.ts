import type { HeldBodies } from '../../../access/limit/held-body';
import { isPulseError, PulseError } from '../../../model/errors';
import { toText } from '../body';
import { type Line, readLines } from '../lines';
import { toMetricName } from '../names';
import { type DecodedSamples, sampleError } from '../sample';
import { BadLine, readLine } from './line';
import { type LineUnit, precisionOf, readTime } from './time';

/** A line is one point; one that long is a mistake. */
const MAX_LINE_BYTES = 2 ** 20;
/** Handed on together at most; between portions others have their turn. */
const PORTION = { samples: 5_000, lines: 5_000 };

const COMMENT = /^\s*(#|$)/;

/**
 * InfluxDB's line protocol, decoded as it streams in. A sample's index is the number of its line, from 0; a bad line
 * does not spoil the others.
 */
export async function* decodeLines(
  pieces: AsyncIterable<Uint8Array>,
  unit: LineUnit,
  bodies: HeldBodies,
): AsyncGenerator<DecodedSamples> {
  for await (const lines of readLines(pieces, MAX_LINE_BYTES, bodies)) {
    for (let from = 0; from < lines.length; ) {
      const portion = emptyPortion(unit);
      const now = Date.now();
      const to = Math.min(lines.length, from + PORTION.lines);
      for (; from < to && portion.samples.length < PORTION.samples; from++)
        decodeLine(lines[from], unit, now, portion);
      yield portion;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

/**
 * A whole body of which all lines must be good.
 *
 * @throws PulseError `nothing_usable`
 */
export function decodeAllLines(bytes: Buffer, unit: LineUnit): DecodedSamples {
  const decoded = emptyPortion(unit);
  const now = Date.now();
  let number = 1;
  for (let from = 0; from < bytes.length; number++) {
    const newline = bytes.indexOf(0x0a, from);
    const to = newline === -1 ? bytes.length : newline;
    decodeLine({ number, bytes: bytes.subarray(from, to) }, unit, now, decoded);
    from = to + 1;
  }
  const { errors } = decoded;
  if (errors.length === 0) return decoded;
  throw new PulseError('nothing_usable', `${errors[0].message}; nothing was kept.`, { details: errors });
}

function emptyPortion(unit: LineUnit): DecodedSamples {
  return { samples: [], errors: [], precision: precisionOf(unit) };
}

function decodeLine({ number, bytes }: Line, unit: LineUnit, now: number, into: DecodedSamples): void {
  const index = number - 1;
  try {
    if (!bytes) throw new BadLine(`longer than ${MAX_LINE_BYTES} bytes`);
    const line = toText(bytes);
    if (COMMENT.test(line)) return;
    const { measurement, labels, fields, time } = readLine(line.trim());
    const timestamp = time === '' ? now : readTime(time, unit);
    if (timestamp === null) throw new BadLine('bad timestamp');
    for (const [field, value] of fields)
      into.samples.push({ index, name: metricOf(measurement, field), value, timestamp, labels });
  } catch (error) {
    if (!(error instanceof BadLine) && !isPulseError(error)) throw error;
    into.errors.push(
      sampleError(index, '', 'bad_sample', `unable to parse line ${number}: ${error.message}`),
    );
  }
}

/** As Telegraf names them for Prometheus. */
function metricOf(measurement: string, field: string): string {
  return toMetricName(field === 'value' ? measurement : `${measurement}_${field}`);
}
