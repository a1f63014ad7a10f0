import { type HeadlineKey, headline } from '@/lib/model/fleet/headlines';
import { formatCount, formatValue, unitOf } from '@/lib/model/format';
import { cn } from '../ui/cn';

/** A headline's value with its unit, or a dash: a host without a figure has none, not zero. */
export function headlineText(key: HeadlineKey, value: number | undefined | null): string {
  if (value === undefined || value === null) return '–';
  return formatValue(value, unitOf('', headline(key).unit));
}

/** From these values on a percentage changes its colour. */
export const NOTABLE_PERCENT = 80;
export const CRITICAL_PERCENT = 95;

/** A percentage as a bar, grey when its host is silent. Hidden from assistive technology: the figure is beside it. */
export function Meter({
  percent,
  stale = false,
  className,
}: {
  percent: number;
  stale?: boolean;
  className?: string;
}) {
  const filled = Math.min(100, Math.max(0, percent));
  const color = percent >= CRITICAL_PERCENT ? 'bg-bad' : percent >= NOTABLE_PERCENT ? 'bg-warn' : 'bg-accent';
  return (
    <span aria-hidden className={cn('block h-1.5 overflow-hidden rounded-full bg-sunken', className)}>
      <span
        className={cn('block h-full rounded-full', stale ? 'bg-line-strong' : color)}
        style={{ width: `${filled}%` }}
      />
    </span>
  );
}

export interface FigureProps {
  of: HeadlineKey;
  value?: number;
  /** The last value of a host that is silent now. */
  stale?: boolean;
  className?: string;
}

/** A figure with a bar below it where it is a percentage. */
export function Figure({ of, value, stale = false, className }: FigureProps) {
  const isPercent = headline(of).unit === 'percent';
  return (
    <span className={cn('block', className)}>
      <span className={cn('block text-right', stale || value === undefined ? 'text-ink-3' : 'text-ink')}>
        {headlineText(of, value)}
      </span>
      {isPercent && (
        <Meter
          percent={value ?? 0}
          stale={stale}
          className={cn('mt-1', value === undefined && 'invisible')}
        />
      )}
    </span>
  );
}

/** A rate per second: a whole number from ten up, below with one decimal. */
export function rateText(perSecond: number): string {
  return perSecond >= 10 || Number.isInteger(perSecond) ? formatCount(perSecond) : perSecond.toFixed(1);
}
