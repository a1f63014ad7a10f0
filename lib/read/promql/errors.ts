/** What went wrong with a query, in Prometheus' words (its API's `errorType`). */
export type PromqlErrorType = 'bad_data' | 'execution' | 'timeout' | 'canceled' | 'internal' | 'unavailable';

/** Where in the text of a query, characters from its start; `to` exclusive. */
export interface Span {
  from: number;
  to: number;
}

/** An error that the sender of a query can act on. */
export class PromqlError extends Error {
  constructor(
    readonly type: PromqlErrorType,
    message: string,
    /** Where in the query, if it is about a place. */
    readonly span?: Span,
  ) {
    super(message);
    this.name = 'PromqlError';
  }
}

/** A query that is no PromQL, or whose parts do not fit together. */
export function parseError(text: string, { from, to }: Span, problem: string): PromqlError {
  const before = text.slice(0, from).split('\n');
  const place = `${before.length}:${before.at(-1)!.length + 1}`;
  return new PromqlError('bad_data', `${place}: parse error: ${problem}`, { from, to });
}

/** A query that cannot be answered with the samples that it found. */
export function executionError(problem: string): PromqlError {
  return new PromqlError('execution', problem);
}
