import { PulseError } from '../errors';
import { LIMITS } from '../model';

const MAX_DEPTH = 32;
/** A sample is one object, its labels another; room for fields we do not know. */
const MAX_CONTAINERS = LIMITS.samplesPerJsonBody * 10;
/** Below this not even the worst body costs anything worth a look. */
const WORTH_SCANNING_BYTES = 64 * 1_024;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPENERS = [0x5b, 0x7b];
const CLOSERS = [0x5d, 0x7d];

/**
 * Refuses JSON that would cost far more to parse than its size: 8 MiB of brackets keep `JSON.parse` busy for a
 * second and 400 MB. Walking over the bytes takes a hundredth of that.
 */
export function refuseCostlyJson(bytes: Uint8Array): void {
  if (bytes.length < WORTH_SCANNING_BYTES) return;
  let depth = 0;
  let containers = 0;
  let inString = false;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    if (inString) {
      if (byte === BACKSLASH) i++;
      else if (byte === QUOTE) inString = false;
    } else if (byte === QUOTE) inString = true;
    else if (byte === OPENERS[0] || byte === OPENERS[1]) {
      if (++depth > MAX_DEPTH) {
        throw new PulseError('bad_shape', `The body is nested deeper than ${MAX_DEPTH} levels.`);
      }
      if (++containers > MAX_CONTAINERS) {
        throw new PulseError(
          'too_many_samples',
          `A JSON body holds at most ${LIMITS.samplesPerJsonBody} samples.`,
        );
      }
    } else if (byte === CLOSERS[0] || byte === CLOSERS[1]) depth--;
  }
}
