import { cache } from 'react';
import { errorAnswer } from '../model/wire/error';
import type { QueryResult } from '../model/wire/history';
import type { Query } from '../model/wire/query';
import { currentRequestGone } from '../observe/request-id';
import { parseQuery } from '../read/query/query-params';
import { Work } from '../runtime/work/work';
import { rootOfProcess } from '../system/process';
import { toPulseError } from './http';

/** The budget of the page being rendered, shared by all its panels. */
export const pageWork = cache(() => new Work(rootOfProcess().scheduler, { signal: currentRequestGone() }));

/**
 * Answers a panel's query; for server components, which start it and pass the promise on. Never rejects: errors are
 * values, because an error thrown on the server reaches a browser without its message.
 */
export async function readPanel(query: Query): Promise<QueryResult> {
  try {
    const { history } = await rootOfProcess().system();
    return await history.answer(parseQuery({ ...query }), { work: pageWork() });
  } catch (error) {
    return errorAnswer(toPulseError(error));
  }
}
