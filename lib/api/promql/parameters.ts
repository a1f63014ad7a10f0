import type { HeldBodies } from '../../access/limit/held-body';
import type { Matcher } from '../../model/labels';
import { SECOND } from '../../model/time/duration';
import { PromqlError } from '../../read/promql/errors';
import { durationMs, parseNumber } from '../../read/promql/syntax/literals';
import { parseQuery } from '../../read/promql/syntax/parse';
import { fromWeb, readText } from '../web-body';

/** Limit of a form. */
export const MAX_PROMQL_FORM_BYTES = 1024 * 1024;
/** Selectors in one request. */
const MOST_SELECTORS = 50;
/** Times that can be computed with to the millisecond. */
const LATEST_MS = 8.64e15;

/** The parameters of the address and the form, read as Prometheus reads them. */
export class Parameters {
  readonly timeoutMs: number | null;

  constructor(private readonly values: URLSearchParams) {
    const timeout = values.get('timeout');
    this.timeoutMs = timeout ? Math.min(Math.max(1, this.duration('timeout')), 2 ** 31 - 1) : null;
  }

  text(name: string): string {
    return this.values.get(name) ?? '';
  }

  /** Epoch ms. @throws PromqlError `bad_data` */
  time(name: string, otherwise?: number): number {
    const text = this.text(name);
    if (text === '' && otherwise !== undefined) return otherwise;
    const seconds = Number(text);
    const ms = text.trim() !== '' && !Number.isNaN(seconds) ? Math.round(seconds * 1_000) : dateMs(text);
    if (!(Math.abs(ms) <= LATEST_MS))
      refuse(name, `cannot parse ${JSON.stringify(text)} to a valid timestamp`);
    return ms;
  }

  /** ms. @throws PromqlError `bad_data` */
  duration(name: string): number {
    const text = this.text(name);
    const seconds = Number(text);
    const ms = text.trim() !== '' && !Number.isNaN(seconds) ? Math.round(seconds * 1_000) : durationMs(text);
    if (ms === null || !(Math.abs(ms) <= LATEST_MS))
      return refuse(name, `cannot parse ${JSON.stringify(text)} to a valid duration`);
    return ms;
  }

  /** How long a series has its last value, ms; undefined: as long as usual. @throws PromqlError `bad_data` */
  lookbackMs(): number | undefined {
    if (this.text('lookback_delta') === '') return undefined;
    const ms = this.duration('lookback_delta');
    return ms > 0 ? ms : undefined;
  }

  /** How many entries the answer may have; Infinity: any number. @throws PromqlError `bad_data` */
  limit(name = 'limit'): number {
    const text = this.text(name);
    if (text === '') return Number.POSITIVE_INFINITY;
    const count = parseNumber(text);
    if (count === null || !Number.isInteger(count) || count < 0)
      return refuse(name, `cannot parse ${JSON.stringify(text)} to a valid limit`);
    return count === 0 ? Number.POSITIVE_INFINITY : count;
  }

  /** The selectors of `match[]`. @throws PromqlError `bad_data` */
  selectors(): Matcher[][] {
    const texts = this.values.getAll('match[]');
    if (texts.length > MOST_SELECTORS) refuse('match[]', `more than ${MOST_SELECTORS} selectors`);
    return texts.map((text) => {
      const expr = parseQuery(text);
      if (expr.kind !== 'selector' || expr.offsetMs !== 0 || expr.at !== null)
        return refuse('match[]', `${JSON.stringify(text)} is not a selector`);
      return expr.matchers;
    });
  }
}

/** @throws PromqlError `bad_data`; PulseError as `readText` */
export async function readParameters(request: Request, bodies: HeldBodies): Promise<Parameters> {
  const values = new URL(request.url).searchParams;
  const type = request.headers.get('content-type')?.split(';')[0].trim().toLowerCase();
  if (request.method === 'POST' && type === 'application/x-www-form-urlencoded') {
    const limit = { maxBytes: MAX_PROMQL_FORM_BYTES, withinMs: 30 * SECOND };
    const form = new URLSearchParams(await readText(fromWeb(request), limit, bodies));
    // What a form says comes first.
    for (const [name, value] of values) form.append(name, value);
    return new Parameters(form);
  }
  return new Parameters(values);
}

/** @throws PromqlError `bad_data` */
export function refuse(name: string, problem: string): never {
  throw new PromqlError('bad_data', `invalid parameter "${name}": ${problem}`);
}

function dateMs(text: string): number {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/.test(text) ? Date.parse(text) : Number.NaN;
}
