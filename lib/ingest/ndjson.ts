import { isPulseError } from '../errors';
import { toText } from './body';
import { decodeJson } from './json';
import { type Line, readLines } from './lines';
import { refuseCostlyJson } from './prescan';
import { type DecodedSamples, type SampleError, sampleError } from './sample';
import type { Precision } from './timestamp';

/** A line holds a batch at most; one that long is a mistake. */
const MAX_LINE_BYTES = 2 ** 20;
/** Samples handed on together at most. */
const PORTION = 5_000;

/**
 * One JSON shape a line, decoded as it streams in: a portion is what arrived together. A line that cannot be read
 * counts as one rejected sample and does not spoil the others.
 */
export async function* decodeNdjson(
  body: AsyncIterable<Uint8Array>,
  precision: Precision,
): AsyncGenerator<DecodedSamples> {
  let lineNumber = 0;
  let nextIndex = 0;
  for await (const lines of readLines(body, MAX_LINE_BYTES)) {
    let portion: DecodedSamples = { samples: [], errors: [] };
    for (const line of lines) {
      lineNumber++;
      const { samples, errors } = decodeLine(line, lineNumber, {
        now: Date.now(),
        precision,
        firstIndex: nextIndex,
      });
      nextIndex += samples.length + errors.length;
      portion.samples.push(...samples);
      portion.errors.push(...errors);
      if (portion.samples.length < PORTION) continue;
      yield portion;
      portion = { samples: [], errors: [] };
    }
    if (portion.samples.length + portion.errors.length > 0) yield portion;
  }
}

interface LineContext {
  now: number;
  precision: Precision;
  firstIndex: number;
}

function decodeLine(line: Line, lineNumber: number, context: LineContext): DecodedSamples {
  const rejected = (reason: string): { samples: []; errors: SampleError[] } => ({
    samples: [],
    errors: [sampleError(context.firstIndex, '', 'bad_sample', `line ${lineNumber}: ${reason}`)],
  });
  if (line === 'too_long') return rejected(`longer than ${MAX_LINE_BYTES} bytes`);
  try {
    refuseCostlyJson(line);
    const text = toText(line);
    return text.trim() === '' ? { samples: [], errors: [] } : decodeJson(text, context);
  } catch (error) {
    if (isPulseError(error)) return rejected(error.message);
    throw error;
  }
}
