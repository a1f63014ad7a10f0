import { TRANSPORTS, type TransportName } from '../lib/agent/transports';
import { LABEL_NAME, type Labels } from '../lib/model/labels';
import { parseDuration } from '../lib/model/time/duration';

/** `['region=eu', 'role=web']` → labels. Throws a sentence for anything else. */
export function readLabels(pairs: readonly string[]): Labels {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=');
      const name = pair.slice(0, at);
      if (at < 1 || !LABEL_NAME.test(name)) throw new Error(`--label ${pair} should look like region=eu`);
      return [name, pair.slice(at + 1)];
    }),
  );
}

/** A duration option in ms. Throws a sentence when it is none, endless or too short. */
export function readDuration(option: string, text: string, { atLeastMs = 1 } = {}): number {
  const ms = parseDuration(text);
  if (ms === null || !Number.isFinite(ms) || ms < atLeastMs) {
    throw new Error(`${option} ${text} should be a duration such as 500ms, 1s or 6h`);
  }
  return ms;
}

/** A whole number option. Throws a sentence when it is none or out of range. */
export function readCount(option: string, text: string, { from = 1, to = 1_000_000 } = {}): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < from || value > to) {
    throw new Error(`${option} ${text} should be a whole number from ${from} to ${to}`);
  }
  return value;
}

/** `post` or `ws`. Throws a sentence for anything else. */
export function readTransport(text: string): TransportName {
  if (Object.hasOwn(TRANSPORTS, text)) return text as TransportName;
  throw new Error(`--transport ${text} should be ${Object.keys(TRANSPORTS).join(' or ')}`);
}

/** Ends a program that cannot go on: prints the reason, and the usage when the program was called wrongly. */
export function failWith(error: unknown, usage: string): void {
  const isCall = error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
  console.error(error instanceof Error ? error.message : String(error));
  if (isCall) console.error(`\n${usage}`);
  process.exitCode = 1;
}
