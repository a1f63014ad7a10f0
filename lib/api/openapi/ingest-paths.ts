import { z } from 'zod';
import type { ZodOpenApiPathsObject } from 'zod-openapi';
import type { IngestEndpoint } from '../ingest/endpoint';

const Rest = z.object({ rest: z.string() });

/** Every ingest endpoint, as its row of the table says. */
export function ingestPaths(endpoints: readonly IngestEndpoint[]): ZodOpenApiPathsObject {
  return Object.fromEntries(
    endpoints.map(({ path, contentTypes, operation }) => {
      const content = Object.entries(contentTypes).map(([type, { schema }]) => [
        type === '*' ? '*/*' : type,
        { schema },
      ]);
      const isPrefix = path.endsWith('/*');
      const post = {
        security: [{}, { key: [] }],
        ...operation,
        ...(isPrefix && { requestParams: { ...operation.requestParams, path: Rest } }),
        requestBody: { required: true, content: Object.fromEntries(content) },
      };
      return [path.replace(/\/\*$/, '/{rest}'), { post }];
    }),
  );
}
