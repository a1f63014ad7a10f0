import type { HeldBodies } from '../../access/limit/held-body';
import { isPulseError } from '../../model/errors';
import { toText } from './body';
import { refuseExpensiveJson } from './expensive-json';
import { decodeJson, type JsonContext } from './json';
import { type Line, readLines } from './lines';
import { type DecodedSamples, sampleError } from './sample';
import type { Precision } from './timestamp';

/** A line holds a batch at most; one that long is a mistake. */
const MAX_LINE_BYTES = 2 ** 20;
/** Samples in a portion at most; other requests have their turn between portions. */
const PORTION = { samples: 5_000, lines: 1_000 };

/**
 * One JSON shape a line, decoded as it streams in: a portion is what arrived together. A line that cannot be read
 * counts as one rejected sample and does not affect the others.
 *
 * @param time the timestamp of samples that have none, epoch ms; by default when they are decoded
 */
export async function* decodeNdjson(
  pieces: AsyncIterable<Uint8Array>,
  precision: Precision,
  bodies: HeldBodies,
  time?: number,
): AsyncGenerator<DecodedSamples> {
  let firstIndex = 0;
  for await (const lines of readLines(pieces, MAX_LINE_BYTES, bodies)) {
    for (let from = 0; from < lines.length; ) {
      const portion: DecodedSamples = { samples: [], errors: [], precision };
      const to = Math.min(lines.length, from + PORTION.lines);
      for (; from < to && portion.samples.length < PORTION.samples; from++) {
        const { samples, errors } = decodeLine(lines[from], {
          now: time ?? Date.now(),
          precision,
          firstIndex,
        });
        firstIndex += samples.length + errors.length;
        for (const sample of samples) portion.samples.push(sample);
        for (const error of errors) portion.errors.push(error);
      }
      yield portion;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

function decodeLine({ number, bytes }: Line, context: JsonContext): DecodedSamples {
  const rejected = (reason: string): DecodedSamples => ({
    samples: [],
    errors: [sampleError(context.firstIndex, '', 'bad_sample', `line ${number}: ${reason}`)],
  });
  if (!bytes) return rejected(`longer than ${MAX_LINE_BYTES} bytes`);
  try {
    refuseExpensiveJson(bytes);
    const text = toText(bytes);
    return text.trim() === '' ? { samples: [], errors: [] } : decodeJson(text, context);
  } catch (error) {
    if (isPulseError(error)) return rejected(error.message);
    throw error;
  }
}
