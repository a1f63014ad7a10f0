import { z } from 'zod';
import type { HeldBodies } from '../access/limit/held-body';
import { type ErrorCode, isPulseError, PulseError } from '../model/errors';
import { SECOND } from '../model/time/duration';
import { errorAnswer } from '../model/wire/error';
import type { QueryResult } from '../model/wire/history';
import type { AnswerOptions, History } from '../read/history';
import { parseQuery } from '../read/query/query-params';
import type { Work } from '../runtime/work/work';
import { toPulseError } from './http';
import type { ViewerRequest } from './viewer-route';
import { readText } from './web-body';

export const MAX_QUERIES = 50;
/** Limit of the body of `POST /api/query`. */
export const MAX_QUERIES_BYTES = 1024 * 1024;
/** Queries answered at a time, as many as a dashboard has: while some wait for the database, others are computed. */
const AT_A_TIME = 12;
/** These errors end the whole request. */
const ENDING: readonly ErrorCode[] = ['too_busy', 'client_closed'];

/** The body of `POST /api/query`. Each query is checked by itself, by `queryParams`. */
const queriesBody = z.object({
  queries: z.array(z.record(z.string(), z.unknown())).min(1).max(MAX_QUERIES),
});

/** @throws PulseError `bad_json`, `bad_shape`, and what `readText` throws. */
export async function readQueries(
  request: Pick<ViewerRequest, 'headers' | 'arriving'>,
  bodies: HeldBodies,
): Promise<Array<Record<string, unknown>>> {
  const limit = { maxBytes: MAX_QUERIES_BYTES, withinMs: 30 * SECOND };
  const text = await readText(request, limit, bodies);
  const result = queriesBody.safeParse(parseJson(text));
  if (result.success) return result.data.queries;
  throw new PulseError(
    'bad_shape',
    `The body is {"queries":[…]} with 1 to ${MAX_QUERIES} objects of parameters.`,
    {
      details: result.error.issues.map(({ path, message }) => ({ path: path.join('.'), message })),
    },
  );
}

/**
 * The answer to each query or its error, in their order. All share the budget of one request; queries beyond it are
 * refused.
 *
 * @throws Refusal `too_busy`, `client_closed`: then there is no answer at all.
 */
export async function answerEach(
  queries: ReadonlyArray<Record<string, unknown>>,
  history: Pick<History, 'answer'>,
  work: Work,
): Promise<Array<QueryResult>> {
  const now = Date.now();
  const results: Array<QueryResult> = [];
  let next = 0;
  const answerOn = async () => {
    while (next < queries.length) {
      const i = next++;
      results[i] = await answerOne(queries[i], history, { work, now });
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, answerOn));
  return results;
}

async function answerOne(
  query: Record<string, unknown>,
  history: Pick<History, 'answer'>,
  options: AnswerOptions,
): Promise<QueryResult> {
  try {
    return await history.answer(parseQuery(query), options);
  } catch (error) {
    if (isPulseError(error) && ENDING.includes(error.code)) throw error;
    return errorAnswer(toPulseError(error));
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new PulseError('bad_json', 'The body is not JSON.', { cause });
  }
}
