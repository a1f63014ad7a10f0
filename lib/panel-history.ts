import { errorBody } from './errors';
import { toPulseError } from './http';
import type { PanelQuery, PanelResult } from './live/wire';
import { parseQuery } from './query/params';
import { system } from './system';

/**
 * A panel's question, answered; for server components, which start it and hand the promise on. Never rejects:
 * what went wrong is the answer, because an error thrown on the server reaches a browser without its message.
 */
export async function readPanel(query: PanelQuery): Promise<PanelResult> {
  try {
    const { history } = await system();
    return await history.answer(parseQuery({ ...query }));
  } catch (error) {
    return errorBody(toPulseError(error));
  }
}
