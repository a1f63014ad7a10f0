import { PulseError } from '../../model/errors';
import { LIMITS } from '../../model/limits';

const MAX_DEPTH = 32;
/** Of one array or object: a body holds no more samples, and nothing else in it comes near. */
const MAX_ENTRIES = LIMITS.samplesPerJsonBody;
/** A sample is one object, its labels another; room for fields we do not know. */
const MAX_CONTAINERS = LIMITS.samplesPerJsonBody * 10;
/** In smaller bodies even the worst JSON is cheap to parse. */
const WORTH_SCANNING_BYTES = 64 * 1_024;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPENERS = [0x5b, 0x7b];
const CLOSERS = [0x5d, 0x7d];

/**
 * Refuses JSON that would cost far more to parse than its size: 8 MiB of brackets, or of keys in one object, keep
 * `JSON.parse` busy for a second and some hundred MB. Walking over the bytes takes a hundredth of that.
 */
export function refuseExpensiveJson(bytes: Uint8Array): void {
  if (bytes.length < WORTH_SCANNING_BYTES) return;
  const commas = new Uint32Array(MAX_DEPTH + 1);
  let depth = 0;
  let containers = 0;
  let inString = false;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    if (inString) {
      if (byte === BACKSLASH) i++;
      else if (byte === QUOTE) inString = false;
    } else if (byte === QUOTE) inString = true;
    else if (byte === COMMA) {
      if (++commas[depth] >= MAX_ENTRIES) throw tooMany();
    } else if (byte === OPENERS[0] || byte === OPENERS[1]) {
      if (++depth > MAX_DEPTH)
        throw new PulseError('bad_shape', `The body is nested deeper than ${MAX_DEPTH} levels.`);
      if (++containers > MAX_CONTAINERS) throw tooMany();
      commas[depth] = 0;
    } else if (byte === CLOSERS[0] || byte === CLOSERS[1]) {
      // More closing than opening brackets: the parser refuses it.
      if (--depth < 0) return;
    }
  }
}

function tooMany(): PulseError {
  return new PulseError(
    'too_many_samples',
    `A JSON body holds at most ${LIMITS.samplesPerJsonBody} samples. Send several, or application/x-ndjson.`,
  );
}
