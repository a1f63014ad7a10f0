import { z } from 'zod';
import { type ErrorBody, errorBody, PulseError } from '../errors';
import type { History, HistoryAnswer } from '../history';
import { toPulseError } from '../http';
import { parseQuery } from './params';

export const MAX_QUERIES = 50;
const MAX_BODY_BYTES = 1024 * 1024;

/** The body of `POST /api/query`; what a query may hold, `queryParams` says, and each is judged by itself. */
export const queriesBody = z.object({
  queries: z.array(z.record(z.string(), z.unknown())).min(1).max(MAX_QUERIES),
});

/** @throws PulseError `body_too_large`, `bad_json`, `bad_shape`. */
export async function readQueries(request: Request): Promise<Array<Record<string, unknown>>> {
  const result = queriesBody.safeParse(parseJson(await readText(request)));
  if (result.success) return result.data.queries;
  throw new PulseError(
    'bad_shape',
    `The body is {"queries":[…]} with 1 to ${MAX_QUERIES} objects of parameters.`,
    {
      details: result.error.issues.map(({ path, message }) => ({ path: path.join('.'), message })),
    },
  );
}

/** The answer to each query or its error, in their order. */
export async function answerEach(
  queries: ReadonlyArray<Record<string, unknown>>,
  history: Pick<History, 'answer'>,
): Promise<Array<HistoryAnswer | ErrorBody>> {
  const now = Date.now();
  return Promise.all(
    queries.map(async (query) => {
      try {
        return await history.answer(parseQuery(query), now);
      } catch (error) {
        return errorBody(toPulseError(error));
      }
    }),
  );
}

async function readText(request: Request): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  const reader = request.body?.getReader();
  for (let read = await reader?.read(); read && !read.done; read = await reader?.read()) {
    bytes += read.value.byteLength;
    if (bytes > MAX_BODY_BYTES) {
      await reader?.cancel();
      throw new PulseError('body_too_large', `The body has more than ${MAX_BODY_BYTES} bytes.`);
    }
    chunks.push(read.value);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new PulseError('bad_json', 'The body is not JSON.', { cause });
  }
}
