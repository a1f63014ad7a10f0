import { PulseError } from '../../model/errors';
import { LIMITS } from '../../model/limits';

const MAX_DEPTH = 32;

/** What a protocol's bodies may have at most. */
export interface JsonBounds {
  /** Of one array or object. */
  entries: number;
  /** Arrays and objects. */
  containers: number;
  /** Smaller bodies are cheap to parse, whatever is in them. */
  fromBytes: number;
  /** For a sender of more. */
  advice: string;
}

/** A sample is one object, its labels another; room for fields we do not know. Nothing else in it comes near. */
const OF_SAMPLES: JsonBounds = {
  entries: LIMITS.samplesPerJsonBody,
  containers: LIMITS.samplesPerJsonBody * 10,
  fromBytes: 64 * 1_024,
  advice: `A JSON body holds at most ${LIMITS.samplesPerJsonBody} samples. Send several, or application/x-ndjson.`,
};

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPENERS = [0x5b, 0x7b];
const CLOSERS = [0x5d, 0x7d];

/**
 * Refuses JSON that would cost far more to parse than its size: 8 MiB of brackets, or of keys in one object, keep
 * `JSON.parse` busy for a second and some hundred MB. Walking over the bytes takes a hundredth of that.
 */
export function refuseExpensiveJson(
  bytes: Uint8Array,
  { entries, containers: mostContainers, fromBytes, advice }: JsonBounds = OF_SAMPLES,
): void {
  if (bytes.length < fromBytes) return;
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
      if (++commas[depth] >= entries) throw new PulseError('too_many_samples', advice);
    } else if (byte === OPENERS[0] || byte === OPENERS[1]) {
      if (++depth > MAX_DEPTH)
        throw new PulseError('bad_shape', `The body is nested deeper than ${MAX_DEPTH} levels.`);
      if (++containers > mostContainers) throw new PulseError('too_many_samples', advice);
      commas[depth] = 0;
    } else if (byte === CLOSERS[0] || byte === CLOSERS[1]) {
      // More closing than opening brackets: the parser refuses it.
      if (--depth < 0) return;
    }
  }
}
