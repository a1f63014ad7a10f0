import { lateAfterMs } from '@/lib/model/fleet/status';
import type { WholePoint } from '@/lib/model/points';
import { Sparkline } from '../charts/sparkline';

export interface RecentLineProps {
  values: readonly (number | null)[];
  stepMs: number;
  intervalMs: number | null;
  /** Percentages are drawn on the same scale in every row, so that rows can be compared. */
  isPercent: boolean;
  className?: string;
}

/**
 * The last minutes of one figure of a host. A host that posts less often than the line's step has no gaps between its
 * points.
 */
export function RecentLine({ values, stepMs, intervalMs, isPercent, className }: RecentLineProps) {
  const points: WholePoint[] = values.flatMap((value, i) =>
    value === null ? [] : [[i * stepMs, value] as WholePoint],
  );
  if (points.length === 0) return <span className={className} />;
  return (
    <Sparkline
      points={points}
      step={Math.max(stepMs, lateAfterMs(intervalMs) / 2)}
      start={0}
      end={values.length * stepMs}
      low={0}
      high={isPercent ? 100 : undefined}
      className={className}
    />
  );
}
