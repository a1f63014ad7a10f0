'use client';

import { CalendarClock, ChevronLeft, ChevronRight, Pause, Play, ZoomOut } from 'lucide-react';
import { type FormEvent, useId, useState, useSyncExternalStore } from 'react';
import { formatDateTime, zoneName } from '@/lib/model/format-time';
import { MINUTE } from '@/lib/model/time/duration';
import { describeWindow, RANGE_PRESETS, type RangeChanges, type TimeRangeChoice } from '../panels/time-range';
import { Button } from '../ui/button';
import { Input } from '../ui/input';
import { Popover, PopoverContent, PopoverTrigger } from '../ui/popover';
import { ToggleGroup } from '../ui/toggle-group';
import { Tooltip } from '../ui/tooltip';

export interface RangePickerProps {
  choice: TimeRangeChoice;
  changes: RangeChanges;
  /** What is shown now, ms. */
  range(): readonly [start: number, end: number];
}

const PRESET_OPTIONS = RANGE_PRESETS.map((value) => ({
  value,
  label: value,
  name: `Last ${describeWindow(presetMs(value))}`,
}));

function presetMs(preset: string): number {
  const unit = { m: MINUTE, h: 60 * MINUTE, d: 24 * 60 * MINUTE }[preset.slice(-1)] ?? MINUTE;
  return Number(preset.slice(0, -1)) * unit;
}

/** Chooses the time range: presets that follow the clock, an absolute range, and buttons to move it. */
export function RangePicker({ choice, changes, range }: RangePickerProps) {
  const { live, preset } = choice;
  return (
    <div className="flex flex-wrap items-center gap-1.5">
      <ToggleGroup
        label="Time range"
        value={preset}
        options={PRESET_OPTIONS}
        onValueChange={changes.choose}
      />
      <AbsoluteRange choice={choice} changes={changes} range={range} />
      <div className="flex items-center">
        <IconButton label="Earlier" icon={ChevronLeft} onClick={() => changes.shift(...range(), -1)} />
        <IconButton label="Zoom out" icon={ZoomOut} onClick={() => changes.zoomOut(...range())} />
        <IconButton
          label="Later"
          icon={ChevronRight}
          disabled={live}
          onClick={() => changes.shift(...range(), 1)}
        />
      </div>
      {live ? (
        <Button onClick={() => changes.show(...range())}>
          <Pause aria-hidden /> Pause
        </Button>
      ) : (
        <Button look="primary" onClick={() => changes.follow(...range())}>
          <Play aria-hidden /> Go live
        </Button>
      )}
    </div>
  );
}

interface IconButtonProps {
  label: string;
  icon: typeof ZoomOut;
  disabled?: boolean;
  onClick(): void;
}

function IconButton({ label, icon: Icon, ...button }: IconButtonProps) {
  return (
    <Tooltip text={label}>
      <Button look="ghost" size="icon" aria-label={label} {...button}>
        <Icon aria-hidden />
      </Button>
    </Tooltip>
  );
}

function AbsoluteRange({ choice, changes, range }: RangePickerProps) {
  const [open, setOpen] = useState(false);
  const browser = useSyncExternalStore(
    () => () => {},
    () => true,
    () => false,
  );
  const label = browser && !choice.live ? rangeText(range()) : 'Custom';
  return (
    <Popover open={open} onOpenChange={setOpen}>
      <PopoverTrigger asChild>
        <Button className={choice.preset ? undefined : 'border-accent text-accent'}>
          <CalendarClock aria-hidden />
          <span className="max-w-[60vw] truncate">{label}</span>
        </Button>
      </PopoverTrigger>
      <PopoverContent aria-label="Custom time range" className="w-80">
        <AbsoluteForm
          range={range}
          onApply={(start, end) => {
            setOpen(false);
            changes.show(start, end);
          }}
        />
      </PopoverContent>
    </Popover>
  );
}

function AbsoluteForm({ range, onApply }: Pick<RangePickerProps, 'range'> & { onApply: Apply }) {
  // The ends as of opening: the clock must not change them while one types.
  const [[start, end]] = useState(range);
  const ids = { from: useId(), to: useId(), problem: useId() };
  const [problem, setProblem] = useState<string | null>(null);
  function submit(event: FormEvent<HTMLFormElement>): void {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const from = Date.parse(String(form.get('from')));
    const to = Date.parse(String(form.get('to')));
    if (Number.isNaN(from) || Number.isNaN(to)) setProblem('Both ends must be a date and a time.');
    else if (from >= to) setProblem('“From” must be before “to”.');
    else onApply(from, to);
  }
  const field = (id: string, name: 'from' | 'to', text: string, t: number) => (
    <label htmlFor={id} className="flex flex-col gap-1 text-xs font-medium text-ink-2">
      {text}
      <Input
        id={id}
        name={name}
        type="datetime-local"
        step={1}
        required
        defaultValue={localInput(t)}
        aria-describedby={problem ? ids.problem : undefined}
      />
    </label>
  );
  return (
    <form onSubmit={submit} className="flex flex-col gap-2.5">
      {field(ids.from, 'from', 'From', start)}
      {field(ids.to, 'to', 'To', end)}
      <p className="text-xs text-ink-3">Times are local: {zoneName(end)}.</p>
      {problem && (
        <p id={ids.problem} role="alert" className="text-xs text-bad">
          {problem}
        </p>
      )}
      <Button look="primary" type="submit">
        Show this range
      </Button>
    </form>
  );
}
type Apply = (start: number, end: number) => void;

/** `2026-11-20T14:03:10` in the reader's time zone: what a datetime field takes. */
function localInput(t: number): string {
  const local = new Date(t - new Date(t).getTimezoneOffset() * MINUTE);
  return local.toISOString().slice(0, 19);
}

function rangeText([start, end]: readonly [number, number]): string {
  const from = formatDateTime(start);
  const to = formatDateTime(end);
  const sameDay = from.slice(0, -8) === to.slice(0, -8);
  return `${from} – ${sameDay ? to.slice(-8) : to}`;
}
