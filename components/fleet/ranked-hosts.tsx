import type { HostRow } from '@/lib/model/fleet/answers';
import { type HeadlineKey, headline } from '@/lib/model/fleet/headlines';
import { headlineText, Meter } from './figures';
import { HostName } from './host-name';
import { RecentLine } from './recent-line';

export interface RankedHostsProps {
  hosts: readonly HostRow[];
  by: HeadlineKey;
  recentStepMs: number;
  /** The largest number of rows: their space is reserved while a small fleet grows. */
  rows: number;
}

/** Hosts in the order of a figure, with its last ten minutes. */
export function RankedHosts({ hosts, by, recentStepMs, rows }: RankedHostsProps) {
  const isPercent = headline(by).unit === 'percent';
  // Bars of figures without a maximum are relative to the largest of the list.
  const largest = Math.max(...hosts.map(({ values }) => values[by] ?? 0), Number.MIN_VALUE);
  return (
    <ol style={{ minHeight: `${rows * 2.25}rem` }}>
      {hosts.map((host) => {
        const value = host.values[by];
        return (
          <li
            key={host.name}
            className="grid h-9 grid-cols-[minmax(0,1fr)_3rem_4.5rem] items-center gap-3 sm:grid-cols-[minmax(0,1fr)_6rem_5.5rem]"
          >
            <HostName host={host} />
            <RecentLine
              values={host.recent}
              stepMs={recentStepMs}
              intervalMs={host.intervalMs}
              isPercent={isPercent}
              className="h-5"
            />
            <span>
              <span className="block text-right leading-4">{headlineText(by, value)}</span>
              <Meter
                percent={isPercent ? (value ?? 0) : (50 * (value ?? 0)) / largest}
                className="mt-0.5 h-1"
              />
            </span>
          </li>
        );
      })}
    </ol>
  );
}
