'use client';

import { parseTime } from '@/lib/model/time/parse-time';
import { RangePicker } from '../explorer/range-picker';
import { feedOfTab } from '../live/feed';
import { rangeChanges, readRange } from '../panels/time-range';
import { useUrlState } from '../shell/use-url-state';
import { ToggleGroup } from '../ui/toggle-group';

const serverNow = () => feedOfTab().clock.now();

export interface HostControlsProps {
  start: string;
  end: string;
  parts: boolean;
  /** The server's time when it made the page, ms. */
  asOf: number;
}

/** Chooses the time range of a host's panels, and whether cores and devices are separate lines. */
export function HostControls({ start, end, parts, asOf }: HostControlsProps) {
  const url = useUrlState();
  const range = () => {
    // The feed and its clock exist only in browsers.
    const now = typeof window === 'undefined' ? asOf : serverNow();
    return [parseTime(start, now) ?? now, parseTime(end, now) ?? now] as const;
  };
  return (
    <div className="flex flex-wrap items-center gap-1.5">
      <RangePicker choice={readRange(url, '1h')} changes={rangeChanges(url, '1h', serverNow)} range={range} />
      <ToggleGroup
        label="Cores, devices and other parts"
        value={parts ? 'apart' : 'together'}
        options={[
          { value: 'apart', label: 'Parts apart' },
          { value: 'together', label: 'Together' },
        ]}
        onValueChange={(choice) => url.replace({ parts: choice === 'together' ? 'together' : null })}
      />
    </div>
  );
}
