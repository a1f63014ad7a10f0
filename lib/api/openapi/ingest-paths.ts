import { z } from 'zod';
import type { ZodOpenApiPathsObject } from 'zod-openapi';
import type { IngestEndpoint } from '../ingest/endpoint';
import { routeOf } from '../ingest/routes';

const Rest = z.object({ rest: z.string() });

/** Every ingest endpoint, as its row of the table says. */
export function ingestPaths(endpoints: readonly IngestEndpoint[]): ZodOpenApiPathsObject {
  const paths: ZodOpenApiPathsObject = {};
  for (const endpoint of endpoints) {
    const { method, path } = routeOf(endpoint);
    const name = path.replace(/\/\*$/, '/{rest}');
    paths[name] = { ...paths[name], [method.toLowerCase()]: operationOf(endpoint, path.endsWith('/*')) };
  }
  return paths;
}

function operationOf({ contentTypes, operation }: IngestEndpoint, isPrefix: boolean) {
  const content = Object.entries(contentTypes).map(([type, { schema }]) => [
    type === '*' ? '*/*' : type,
    { schema },
  ]);
  return {
    security: [{}, { key: [] }],
    ...operation,
    ...(isPrefix && { requestParams: { ...operation.requestParams, path: Rest } }),
    requestBody: { required: true, content: Object.fromEntries(content) },
  };
}
