import type { Ring } from '../../memory/ring/ring';
import type { SampleBuffer } from '../../memory/ring/sample-buffer';
import { roundedTo, Sum } from '../../model/arithmetic';
import type { Headline } from '../../model/fleet/headlines';
import { RECENT_POINTS, RECENT_STEP_MS } from '../../model/fleet/recent-step';
import { alignDown } from '../../model/points';
import type { Series } from '../../model/series';
import { combine, ratePerSecond } from './readings';

/** The last ten minutes of some series as one line for a sparkline: closed steps only, oldest first. */
export function recentLine(
  ring: Pick<Ring, 'samples'>,
  series: readonly Series[],
  how: Headline['combine'],
  now: number,
) {
  const end = alignDown(now, RECENT_STEP_MS);
  const buffers = series.flatMap(({ id, metric }) => {
    const samples = ring.samples(id);
    return samples ? [{ samples, counter: metric.type === 'counter' }] : [];
  });
  return Array.from({ length: RECENT_POINTS }, (_, i) => {
    const from = end - (RECENT_POINTS - i) * RECENT_STEP_MS;
    const value = combine(
      how,
      buffers.map(({ samples, counter }) => stepValue(samples, counter, from, from + RECENT_STEP_MS)),
    );
    return value === null ? null : roundedTo(3, value);
  });
}

/** A gauge's mean, or a counter's rate, over the samples in `[from, to)`. */
function stepValue(samples: SampleBuffer, counter: boolean, from: number, to: number): number | null {
  const first = samples.lowerBound(from);
  const end = samples.lowerBound(to);
  if (counter) return ratePerSecond(samples, Math.max(first - 1, samples.start), end);
  if (first === end) return null;
  const sum = new Sum();
  for (let at = first; at < end; at++) sum.add(samples.valueAt(at));
  return sum.over(end - first);
}
