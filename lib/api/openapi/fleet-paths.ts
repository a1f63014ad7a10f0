import { z } from 'zod';
import type { ZodOpenApiOperationObject, ZodOpenApiPathsObject } from 'zod-openapi';
import { FleetLabels, FleetMap, FleetSummary, HostsPage } from '../../model/fleet/answers';
import { HEADLINE_KEYS } from '../../model/fleet/headlines';
import { SORT_KEYS } from '../../model/fleet/hosts-query';

const By = z.enum(HEADLINE_KEYS).optional().meta({ description: 'The figure hosts are ranked by' });
const Whole = z.string().regex(/^\d+$/).optional();

/** The endpoints that the pages of the fleet use. */
export function fleetPaths(refused: ZodOpenApiOperationObject['responses']): ZodOpenApiPathsObject {
  const read = (summary: string, answer: z.ZodType, query: z.ZodObject = z.object({})) => ({
    get: {
      summary,
      requestParams: { query },
      responses: {
        '200': { description: summary, content: { 'application/json': { schema: answer } } },
        ...refused,
      },
    },
  });
  return {
    '/api/fleet': read(
      'The fleet in one look: who reports, how much, the busiest, the quietest, the silent',
      FleetSummary,
      z.object({
        by: By,
        since: Whole.meta({ description: 'The newest point of arrivals that the client has' }),
      }),
    ),
    '/api/fleet/map': read(
      'Every host as one cell: name, status, one figure',
      FleetMap,
      z.object({
        by: By,
        names: Whole.meta({ description: 'namesVersion of the names that the client has' }),
      }),
    ),
    '/api/fleet/labels': read('Labels that hosts can be filtered by', FleetLabels),
    '/api/hosts': read(
      'A page of hosts',
      HostsPage,
      z.object({
        q: z.string().optional().meta({ description: "Words that must all occur in the host's name" }),
        status: z.string().optional().meta({ description: 'reporting, late, gone; comma separated' }),
        match: z
          .string()
          .optional()
          .meta({ description: 'A selector on the labels of the host', example: '{region="eu"}' }),
        sort: z
          .enum(SORT_KEYS.flatMap((key) => [key, `-${key}`]))
          .optional()
          .meta({ description: 'Descending with - in front' }),
        page: Whole,
        size: Whole.meta({ description: 'Rows a page, 50 by default, up to 200' }),
        keep: z
          .array(z.string())
          .optional()
          .meta({ description: 'Once for each host: the rows are these hosts, in this order' }),
      }),
    ),
  };
}
