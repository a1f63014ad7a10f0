import { cache } from 'react';
import { errorBody } from './errors';
import { toPulseError } from './http';
import type { PanelQuery, PanelResult } from './live/wire';
import { parseQuery } from './query/params';
import { currentRequestGone } from './request-id';
import { system } from './system';
import { Work } from './work/work';

/** What the page being rendered asks for, all its panels together. */
export const pageWork = cache(() => new Work({ signal: currentRequestGone() }));

/**
 * A panel's question, answered; for server components, which start it and hand the promise on. Never rejects:
 * what went wrong is the answer, because an error thrown on the server reaches a browser without its message.
 */
export async function readPanel(query: PanelQuery): Promise<PanelResult> {
  try {
    const { history } = await system();
    return await history.answer(parseQuery({ ...query }), { work: pageWork() });
  } catch (error) {
    return errorBody(toPulseError(error));
  }
}
