import type { GroupPoints } from '../model/points';
import type { Tier } from '../model/rollup/tiers';

/**
 * What travels between server and browser, as the browser reads it. Client-safe: types and pure functions only.
 */

/** A question as it stands in a URL: the parameters of `GET /api/metrics/{name}`, not yet resolved. */
export interface PanelQuery {
  metric: string;
  start?: string;
  end?: string;
  step?: string;
  maxPoints?: string;
  aggregate?: string;
  by?: string;
  match?: string;
  top?: string;
  bottom?: string;
  rank?: string;
  fill?: string;
  offset?: string;
  timezone?: string;
  expression?: string;
  'b.metric'?: string;
  'b.aggregate'?: string;
  'b.match'?: string;
  'b.offset'?: string;
}

/** The answer to a question: the body of `GET /api/metrics/{name}`. Times in ms, points ascending. */
export interface PanelAnswer {
  metric: string;
  /** As asked: one aggregate or several separated by commas; point values come in that order. */
  aggregate: string;
  /** ms; or of a calendar's, `day`, `2d`, `week`, `month`, by the clocks of `timezone`. */
  step: number | string;
  timezone?: string;
  tier: Tier;
  start: number;
  end: number;
  /** Server time in ms; everything before it is in the answer. */
  cursor: number;
  /** The database is away: points before `completeFrom` are what the cache has, there may be gaps. */
  degraded?: { reason: string; completeFrom: number };
  /** What a person should know, such as why there are no points where there are samples. */
  notes?: Array<{ code: string; message: string }>;
  series: GroupPoints[];
}

export interface ErrorAnswer {
  error: { code: string; message: string };
}

/** What a panel starts from. Errors travel as values: a rejected promise loses its message on the way to a browser. */
export type PanelResult = PanelAnswer | ErrorAnswer;

export function isErrorAnswer(result: PanelResult): result is ErrorAnswer {
  return 'error' in result;
}

/**
 * In group `labels`, the point at `t` is now `v`. Where groups are ranked over the whole range and their order has
 * changed, every group that is kept comes with its `rank`, from 1; those that do not come are kept no longer.
 */
export interface GroupUpserts extends GroupPoints {
  rank?: number;
}

/** `event: points` of the live stream: upserts of query `q`. */
export interface PointsEvent {
  q: number;
  series: GroupUpserts[];
}

export interface StatusEvent {
  state: 'live' | 'degraded';
  tier?: Tier;
  lagMs?: number;
  reason?: string;
}

const PARAMETERS = [
  'metric',
  'start',
  'end',
  'step',
  'maxPoints',
  'aggregate',
  'by',
  'match',
  'top',
  'bottom',
  'rank',
  'fill',
  'offset',
  'timezone',
  'expression',
  'b.metric',
  'b.aggregate',
  'b.match',
  'b.offset',
] as const;

/**
 * The query as the text of one `q=` of the live stream: form-encoded, parameters in a fixed order, so equal
 * queries are equal texts. Only what a form must escape is escaped: 64 of these share one URL, and servers
 * commonly refuse request headers of more than 16 KiB.
 */
export function queryText(query: PanelQuery): string {
  return PARAMETERS.flatMap((name) => (query[name] ? `${name}=${escapeForm(query[name])}` : [])).join('&');
}

function escapeForm(value: string): string {
  return value.replace(/[%&+#]/g, encodeURIComponent).replaceAll(' ', '+');
}
