import { PulseError } from '../../model/errors';
import { METRIC_NAME } from '../../model/series';

const PREFIX = '/api/metrics/';

/**
 * The metric that a path of the API names. Names contain slashes, which may stand in the path as they are or
 * escaped; so the path is taken whole, not in segments.
 *
 * @throws PulseError `unknown_metric` when there can be no such metric.
 */
export function metricInPath(pathname: string): string {
  const name = decode(pathname.slice(PREFIX.length));
  if (name === null || !METRIC_NAME.test(name))
    throw new PulseError(
      'unknown_metric',
      'There is no such metric; GET /api/metrics lists those there are.',
    );
  return name;
}

function decode(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) return null;
    throw error;
  }
}
