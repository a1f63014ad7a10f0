import type { QueryResult } from '../../model/wire/history';

/** An answer as JSON, in texts of at most one group. */
export function* jsonOfAnswer(answer: QueryResult): Generator<string> {
  if ('error' in answer) {
    yield JSON.stringify(answer);
    return;
  }
  const { series, ...head } = answer;
  yield `${JSON.stringify(head).slice(0, -1)},"series":[`;
  let separator = '';
  for (const group of series) {
    yield separator + JSON.stringify(group);
    separator = ',';
  }
  yield ']}';
}

/** Several, as `POST /api/query` answers them. */
export function* jsonOfResults(results: ReadonlyArray<QueryResult>): Generator<string> {
  yield '{"results":[';
  for (const [i, result] of results.entries()) {
    if (i > 0) yield ',';
    yield* jsonOfAnswer(result);
  }
  yield ']}';
}
