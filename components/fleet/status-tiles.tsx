import type { Route } from 'next';
import type { ReactNode } from 'react';
import type { FleetSummary } from '@/lib/model/fleet/answers';
import { HOST_STATUSES, type HostStatus } from '@/lib/model/fleet/status';
import { formatCount } from '@/lib/model/format';
import { Sparkline } from '../charts/sparkline';
import { cn } from '../ui/cn';
import { Link } from '../ui/link';
import { rateText } from './figures';
import { STATUS_LOOKS, StatusMark } from './status-mark';

/** The fleet in four figures. A status leads to its hosts. */
export function StatusTiles({ summary }: { summary: FleetSummary }) {
  const { counts, goneLastDay, samplesPerSecond, arrivals, arrivalsStepMs } = summary;
  const total = counts.reporting + counts.late + counts.gone;
  const notes: Record<HostStatus, string> = {
    reporting: `of ${formatCount(total)} ${total === 1 ? 'host' : 'hosts'}`,
    late: 'silent for 3 intervals',
    gone: goneLastDay === counts.gone ? 'all within a day' : `${formatCount(goneLastDay)} within a day`,
  };
  return (
    <ul className="grid grid-cols-2 gap-2 lg:grid-cols-4">
      {HOST_STATUSES.map((status) => (
        <li key={status}>
          <Link
            href={`/hosts?status=${status}` as Route}
            data-status={status}
            className="group block rounded-lg border bg-surface px-3 py-2 transition-colors hover:border-line-strong"
          >
            <TileLabel>
              <StatusMark status={status} silent />
              {STATUS_LOOKS[status].word}
            </TileLabel>
            <TileFigure
              tone={status !== 'reporting' && counts[status] > 0 ? STATUS_LOOKS[status].color : undefined}
            >
              {formatCount(counts[status])}
            </TileFigure>
            <TileNote>{counts[status] === 0 && status !== 'reporting' ? 'none' : notes[status]}</TileNote>
          </Link>
        </li>
      ))}
      <li className="relative overflow-hidden rounded-lg border bg-surface px-3 py-2">
        <TileLabel>Samples per second</TileLabel>
        <TileFigure>
          <span data-samples-per-second>{samplesPerSecond === null ? '–' : rateText(samplesPerSecond)}</span>
        </TileFigure>
        <TileNote>over the last 10 s</TileNote>
        <Sparkline
          points={arrivals.slice(0, -1)}
          step={arrivalsStepMs}
          low={0}
          className="absolute right-3 bottom-2.5 h-9 w-2/5 max-sm:hidden"
        />
      </li>
    </ul>
  );
}

function TileLabel({ children }: { children: ReactNode }) {
  return <span className="flex items-center gap-1.5 text-xs font-medium text-ink-2">{children}</span>;
}

function TileFigure({ tone, children }: { tone?: string; children: ReactNode }) {
  return (
    <span className={cn('block text-2xl leading-8 font-semibold tracking-tight', tone)}>{children}</span>
  );
}

function TileNote({ children }: { children: ReactNode }) {
  return <span className="block truncate text-xs text-ink-3">{children}</span>;
}
