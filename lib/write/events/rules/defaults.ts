import type { z } from 'zod';
import { type Condition, EventRules } from './schema';

/** A request is what took time, or has a status; a line of a log is neither. */
const REQUEST: Condition[] = [
  { is: 'present', field: 'duration' },
  { is: 'present', field: 'status' },
];

/**
 * Requests, errors and response times by service and endpoint. Each is right over any group and range: `sum` of
 * `request_count` counts, `avg` of `error_rate` is failed requests by all requests, percentiles of `response_time` are
 * of the very durations.
 */
export const DEFAULT_RULES: EventRules = EventRules.parse({
  labels: [
    { label: 'service', field: 'service' },
    { label: 'endpoint', field: 'endpoint' },
  ],
  metrics: [
    { metric: 'request_count', unit: 'requests', when: REQUEST, value: { of: 'one' } },
    {
      metric: 'error_rate',
      unit: 'ratio',
      when: REQUEST,
      value: {
        of: 'share',
        any: [
          { is: 'atLeast', field: 'status', value: 500 },
          { is: 'levelFrom', level: 'error' },
        ],
      },
    },
    {
      metric: 'response_time',
      unit: 'milliseconds',
      when: [{ is: 'present', field: 'duration' }],
      value: { of: 'field', field: 'duration' },
    },
  ],
} satisfies z.input<typeof EventRules>);
