import { rootOfProcess } from '../../system/process';
import { addressOf, named, notFound, refuseOtherMethods, toWebResponse } from '../http';
import type { RequestHead } from '../request-head';
import { webBody } from '../web-body';
import type { IngestEndpoint } from './endpoint';
import { INGEST_ROUTES } from './endpoints';
import { handleIngest } from './handle';

/**
 * The route handler of every ingest endpoint, for hosts that run only Next.js; under `server.ts` the front answers
 * first. Paths without an endpoint are answered with `not_found`.
 */
export function webIngest(routes = INGEST_ROUTES): (request: Request) => Promise<Response> {
  return (request) => {
    const { pathname: path, search } = new URL(request.url);
    const methods = routes.methodsAt(path);
    if (methods.length === 0) return notFound(request);
    const endpoint = routes.at(path, request.method);
    if (!endpoint) {
      const { OPTIONS: tellMethods, GET: refuseMethod } = refuseOtherMethods(...methods);
      return request.method === 'OPTIONS' ? tellMethods(request) : refuseMethod(request);
    }
    const headers = Object.fromEntries(request.headers);
    const head = { headers, path, search, address: addressOf(request) };
    return named(request, () => answer(endpoint, head, request));
  };
}

async function answer(endpoint: IngestEndpoint, head: RequestHead, request: Request): Promise<Response> {
  const { body, finish } = webBody(request);
  const response = toWebResponse(await handleIngest(rootOfProcess(), endpoint, head, body));
  if (!(await finish())) response.headers.set('connection', 'close');
  return response;
}
