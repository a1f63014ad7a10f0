'use client';

import { parseTime } from '@/lib/model/time/parse-time';
import { RangePicker } from '../explorer/range-picker';
import { feedOfTab } from '../live/feed';
import { useRange } from '../panels/use-range';
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
  const control = useRange('1h', serverNow);
  const range = () => {
    // The feed and its clock exist only in browsers.
    const now = typeof window === 'undefined' ? asOf : serverNow();
    return [parseTime(start, now) ?? now, parseTime(end, now) ?? now] as const;
  };
  return (
    <div className="flex flex-wrap items-center gap-1.5">
      <RangePicker control={control} range={range} />
      <ToggleGroup
        label="Cores, devices and other parts"
        value={parts ? 'apart' : 'together'}
        options={[
          { value: 'apart', label: 'Parts apart' },
          { value: 'together', label: 'Together' },
        ]}
        onValueChange={(choice) => control.url.replace({ parts: choice === 'together' ? 'together' : null })}
      />
    </div>
  );
}
