'use client';

import { type KeyboardEvent, type PointerEvent, useEffect, useRef, useState } from 'react';
import { formatValue, type Unit } from '@/lib/model/format';
import { formatDateTime } from '@/lib/model/format-time';
import { ChartTooltip } from './chart-tooltip';
import { moveCrosshair, releaseCrosshair, useCrosshair } from './crosshair';
import { gapLimit, nearestPoint, type Plot, timeAt, xOf } from './plot';
import type { ChartSeries } from './series';

interface ChartPointerProps {
  id: string;
  label: string;
  series: readonly ChartSeries[];
  plot: Plot;
  margin: { top: number; left: number };
  step: number;
  unit: Unit;
  onZoom?(start: number, end: number): void;
  onZoomOut?(): void;
}

/** Less movement than this, in px, is a click and not a drag. */
const DRAG_PX = 5;
/** Distance, in px, from which the crosshair snaps to a point. */
const SNAP_PX = 20;
/** A press of Page Up or Page Down moves the crosshair by this many points. */
const PAGE = 20;
const SPOKEN_SERIES = 3;

type Span = readonly [from: number, to: number];

/**
 * What lies over a chart: the crosshair it shares with the page's other charts, the selection, the keys. It
 * re-renders as the pointer moves; the chart below does not.
 */
export function ChartPointer({
  id,
  label,
  series,
  plot,
  margin,
  step,
  unit,
  onZoom,
  onZoomOut,
}: ChartPointerProps) {
  const surface = useRef<HTMLDivElement>(null);
  const pressedAt = useRef<number | null>(null);
  const [selection, setSelection] = useState<Span | null>(null);
  const crosshair = useCrosshair();
  const t = crosshair && crosshair.t >= plot.x[0] && crosshair.t <= plot.x[1] ? crosshair.t : null;
  const mine = crosshair?.chart === id;

  useEffect(() => () => releaseCrosshair(id), [id]);

  const timeOf = (event: PointerEvent) =>
    timeAt(plot, event.clientX - (surface.current?.getBoundingClientRect().left ?? 0));

  function onPointerDown(event: PointerEvent): void {
    if (event.button !== 0 || !onZoom) return;
    pressedAt.current = timeOf(event);
    surface.current?.setPointerCapture(event.pointerId);
  }

  function onPointerMove(event: PointerEvent): void {
    const at = timeOf(event);
    moveCrosshair({ t: snap(series, plot, at), chart: id, spoken: false });
    const from = pressedAt.current;
    if (from === null) return;
    setSelection(Math.abs(xOf(plot, at) - xOf(plot, from)) < DRAG_PX ? null : [from, at]);
  }

  function onPointerUp(): void {
    pressedAt.current = null;
    zoomTo(selection);
  }

  function cancel(): void {
    pressedAt.current = null;
    setSelection(null);
  }

  function zoomTo(span: Span | null): void {
    setSelection(null);
    if (!span) return;
    const [from, to] = span[0] < span[1] ? span : [span[1], span[0]];
    onZoom?.(Math.floor(from), Math.ceil(to));
  }

  function onKeyDown(event: KeyboardEvent): void {
    const move = KEYS[event.key];
    if (move) {
      const times = timesOf(series, plot);
      if (times.length === 0) return;
      event.preventDefault();
      const from = t === null ? times.length : indexOf(times, t);
      const to = times[Math.min(times.length - 1, Math.max(0, move(from, times.length)))];
      moveCrosshair({ t: to, chart: id, spoken: true });
      setSelection(event.shiftKey && onZoom ? [selection?.[0] ?? t ?? to, to] : null);
    } else if (event.key === 'Enter' && selection) {
      event.preventDefault();
      zoomTo(selection);
    } else if (event.key === 'Escape') {
      cancel();
      moveCrosshair(null);
    }
  }

  return (
    // biome-ignore lint/a11y/useSemanticElements: no element means "chart"; `fieldset`, the one suggested, is for forms.
    <div
      ref={surface}
      role="group"
      aria-roledescription="chart"
      aria-label={`${label}. Arrow keys read the values${onZoom ? ', with Shift they select, Enter zooms' : ''}.`}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: the chart answers to keys.
      tabIndex={0}
      data-crosshair={t ?? undefined}
      className="absolute touch-pan-y rounded-sm"
      style={{
        left: margin.left,
        top: margin.top,
        width: plot.width,
        height: plot.height,
        cursor: onZoom ? 'crosshair' : 'default',
      }}
      onPointerDown={onPointerDown}
      onPointerMove={onPointerMove}
      onPointerUp={onPointerUp}
      onPointerCancel={cancel}
      onPointerLeave={() => pressedAt.current === null && releaseCrosshair(id)}
      onDoubleClick={onZoomOut}
      onKeyDown={onKeyDown}
      onBlur={() => {
        cancel();
        releaseCrosshair(id);
      }}
    >
      {selection && <Selection span={selection} plot={plot} />}
      {t !== null && <Marks t={t} series={series} plot={plot} step={step} />}
      {t !== null && mine && !selection && (
        <ChartTooltip t={t} series={series} plot={plot} step={step} unit={unit} />
      )}
      <div aria-live="polite" className="sr-only">
        {t !== null && mine && crosshair.spoken && spoken(t, series, step, unit)}
      </div>
    </div>
  );
}

const KEYS: Record<string, (at: number, count: number) => number> = {
  ArrowLeft: (at) => at - 1,
  ArrowRight: (at) => at + 1,
  PageUp: (at) => at - PAGE,
  PageDown: (at) => at + PAGE,
  Home: () => 0,
  End: (_, count) => count - 1,
};

function Selection({ span: [from, to], plot }: { span: Span; plot: Plot }) {
  const left = xOf(plot, Math.min(from, to));
  return (
    <div
      data-selection
      className="pointer-events-none absolute inset-y-0 border-x border-accent bg-accent/15"
      style={{ left, width: xOf(plot, Math.max(from, to)) - left }}
    />
  );
}

/** The vertical line, and a dot on every line that has a point there. */
function Marks({
  t,
  series,
  plot,
  step,
}: Pick<ChartPointerProps, 'series' | 'plot' | 'step'> & { t: number }) {
  const [low, high] = plot.y;
  return (
    <>
      <div className="pointer-events-none absolute inset-y-0 w-px bg-ink-3" style={{ left: xOf(plot, t) }} />
      {series.map(({ key, color, points }) => {
        const point = nearestPoint(points, t, gapLimit(points, step) / 2);
        if (!point || point[0] < plot.x[0] || point[0] > plot.x[1]) return null;
        return (
          <div
            key={key}
            className="pointer-events-none absolute size-2 -translate-1/2 rounded-full border border-surface"
            style={{
              left: xOf(plot, point[0]),
              top: (1 - (point[1] - low) / (high - low)) * plot.height,
              background: color,
            }}
          />
        );
      })}
    </>
  );
}

/** The nearest time at which some line has a point; in a gap, the time itself. */
function snap(series: readonly ChartSeries[], plot: Plot, t: number): number {
  const within = (SNAP_PX / plot.width) * (plot.x[1] - plot.x[0]);
  let best: number | null = null;
  for (const { points } of series) {
    const point = nearestPoint(points, t, within);
    if (point && (best === null || Math.abs(point[0] - t) < Math.abs(best - t))) best = point[0];
  }
  return best ?? t;
}

/** Every time in the plot at which some line has a point, ascending. */
function timesOf(series: readonly ChartSeries[], { x: [start, end] }: Plot): number[] {
  const times = new Set<number>();
  for (const { points } of series) for (const [t] of points) if (t >= start && t <= end) times.add(t);
  return [...times].sort((a, b) => a - b);
}

function indexOf(times: readonly number[], t: number): number {
  const at = times.findIndex((time) => time >= t);
  return at === -1 ? times.length : at;
}

function spoken(t: number, series: readonly ChartSeries[], step: number, unit: Unit): string {
  const values = series.flatMap(({ name, points }) => {
    const point = nearestPoint(points, t, gapLimit(points, step) / 2);
    return point ? { name, value: point[1] } : [];
  });
  values.sort((a, b) => b.value - a.value);
  const said = values.slice(0, SPOKEN_SERIES).map(({ name, value }) => `${name} ${formatValue(value, unit)}`);
  const rest = values.length - said.length;
  return `${formatDateTime(t, step)}: ${said.join(', ') || 'no data'}${rest > 0 ? `, and ${rest} more` : ''}`;
}
