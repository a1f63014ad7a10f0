'use client';

import { useRouter } from 'next/navigation';
import { type KeyboardEvent, type PointerEvent, useEffect, useRef, useState } from 'react';
import type { FleetMap as FleetMapAnswer } from '@/lib/model/fleet/answers';
import { type HeadlineKey, headline } from '@/lib/model/fleet/headlines';
import type { HostStatus } from '@/lib/model/fleet/status';
import { formatCount } from '@/lib/model/format';
import { hostHref } from '@/lib/model/links';
import { useKeptAnswer } from '../live/use-kept-answer';
import { useWidth } from '../ui/use-width';
import { CRITICAL_PERCENT, headlineText, NOTABLE_PERCENT } from './figures';
import { colorOf, layOut, MAP_COLORS, type MapColors, type MapLayout, scaleTop } from './map-scale';
import { STATUS_LOOKS, StatusMark } from './status-mark';

const UPDATE_EVERY_MS = 5_000;
const TALLEST = 232;
const STATUS_OF: Record<string, HostStatus> = { r: 'reporting', l: 'late', g: 'gone' };

/** Every server of the fleet as one cell, coloured by a figure. Arrow keys move over it, Enter opens the host. */
export function FleetMap({ by, initial }: { by: HeadlineKey | null; initial: FleetMapAnswer }) {
  const { answer, pending } = useKeptAnswer<FleetMapAnswer>({
    topic: 'fleet',
    url: `/api/fleet/map?by=${by ?? ''}`,
    initial,
    // The page of a very large fleet is sent without names.
    isInitialWhole: initial.names !== null,
    everyMs: UPDATE_EVERY_MS,
    nextUrl: (url, { namesVersion }) => `${url}&names=${namesVersion}`,
    merge: (last, next) => ({ ...next, names: next.names ?? last.names }),
  });
  const names = answer.names ?? [];
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const width = useWidth(box);
  const [at, setAt] = useState<number | null>(null);
  const router = useRouter();
  const isPercent = answer.by !== null && headline(answer.by).unit === 'percent';
  const top = scaleTop(answer.values, isPercent);
  const layout = layOut(names.length, width, TALLEST);
  const height = Math.ceil(layout.rows * layout.pitch);
  const theme = useTheme();

  useEffect(() => {
    if (canvas.current && width > 0)
      draw(canvas.current, answer, { layout, width, height, top, isPercent, colors: MAP_COLORS[theme], at });
  });

  function onKeyDown(event: KeyboardEvent): void {
    const moves: Record<string, number> = {
      ArrowRight: 1,
      ArrowLeft: -1,
      ArrowDown: layout.columns,
      ArrowUp: -layout.columns,
    };
    const to = {
      Home: 0,
      End: names.length - 1,
      ...(event.key in moves && { [event.key]: at === null ? 0 : at + moves[event.key] }),
    }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      if (to >= 0 && to < names.length) setAt(to);
    } else if (event.key === 'Enter' && at !== null) router.push(hostHref(names[at]));
    else if (event.key === 'Escape') setAt(null);
  }

  function cellAt(event: PointerEvent): number | null {
    const { left, top: y } = event.currentTarget.getBoundingClientRect();
    const column = Math.floor((event.clientX - left) / layout.pitch);
    const cell = Math.floor((event.clientY - y) / layout.pitch) * layout.columns + column;
    return column < layout.columns && cell >= 0 && cell < names.length ? cell : null;
  }

  const status = at === null ? null : STATUS_OF[answer.statuses[at]];
  return (
    <div ref={box} className={pending ? 'opacity-60' : undefined}>
      <div
        role="application"
        aria-label={`Map of ${formatCount(names.length)} hosts. Arrow keys move, Enter opens a host. The list of hosts says the same in words.`}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: as above.
        tabIndex={0}
        className="cursor-pointer rounded"
        style={{ height: width > 0 && names.length > 0 ? height : TALLEST }}
        onKeyDown={onKeyDown}
        onPointerMove={(event) => setAt(cellAt(event))}
        onPointerLeave={() => setAt(null)}
        onBlur={() => setAt(null)}
        onClick={() => at !== null && router.push(hostHref(names[at]))}
      >
        <canvas ref={canvas} className="block size-full" style={{ width, height }} />
      </div>
      <div className="mt-2 flex min-h-5 flex-wrap items-center gap-x-4 gap-y-1 text-xs text-ink-3">
        <Legend colors={MAP_COLORS[theme]} by={answer.by} top={top} isPercent={isPercent} />
        <p aria-live="polite" className="min-w-0 flex-1 truncate text-right text-ink-2">
          {at !== null && status !== null && (
            <>
              <StatusMark status={status} className="mr-1.5 size-2" />
              <span className="font-medium text-ink">{names[at]}</span>{' '}
              {status === 'reporting' && answer.by !== null
                ? `${headline(answer.by).title} ${headlineText(answer.by, answer.values[at])}`
                : STATUS_LOOKS[status].word.toLowerCase()}
            </>
          )}
        </p>
      </div>
    </div>
  );
}

interface LegendProps {
  colors: MapColors;
  by: HeadlineKey | null;
  top: number;
  isPercent: boolean;
}

function Legend({ colors, by, top, isPercent }: LegendProps) {
  return (
    <>
      {by !== null && (
        <span className="flex items-center gap-1.5">
          {headlineText(by, 0)}
          <span aria-hidden className="flex overflow-hidden rounded-sm">
            {colors.steps.map((color) => (
              <Swatch key={color} color={color} />
            ))}
          </span>
          {headlineText(by, isPercent ? NOTABLE_PERCENT : top)}
        </span>
      )}
      {by !== null && isPercent && (
        <>
          <span className="flex items-center gap-1.5">
            <Swatch color={colors.notable} /> from {headlineText(by, NOTABLE_PERCENT)}
          </span>
          <span className="flex items-center gap-1.5">
            <Swatch color={colors.critical} /> from {headlineText(by, CRITICAL_PERCENT)}
          </span>
        </>
      )}
      <span className="flex items-center gap-1.5">
        <StatusMark status="late" silent className="size-2" /> late
      </span>
      <span className="flex items-center gap-1.5">
        <StatusMark status="gone" silent className="size-2" /> gone
      </span>
    </>
  );
}

function Swatch({ color }: { color: string }) {
  return <span aria-hidden className="block h-2.5 w-4" style={{ background: color }} />;
}

interface Drawing {
  layout: MapLayout;
  width: number;
  height: number;
  top: number;
  isPercent: boolean;
  colors: MapColors;
  /** The cell that is pointed at. */
  at: number | null;
}

function draw(canvas: HTMLCanvasElement, { statuses, values }: FleetMapAnswer, drawing: Drawing): void {
  const { layout, width, height, top, isPercent, colors, at } = drawing;
  const { columns, pitch, gap } = layout;
  const ratio = window.devicePixelRatio;
  const [pixelWidth, pixelHeight] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== pixelWidth || canvas.height !== pixelHeight) {
    canvas.width = pixelWidth;
    canvas.height = pixelHeight;
  }
  const context = canvas.getContext('2d')!;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  for (let i = 0; i < statuses.length; i++) {
    const column = i % columns;
    const row = Math.floor(i / columns);
    const x = Math.round(column * pitch);
    const y = Math.round(row * pitch);
    const size = Math.round((column + 1) * pitch) - x - gap;
    const value = values[i];
    if (statuses[i] === 'r') {
      context.fillStyle = value === null ? colors.unknown : colorOf(value, top, isPercent, colors);
      context.fillRect(x, y, size, size);
    } else if (statuses[i] === 'l') {
      context.fillStyle = colors.late;
      context.beginPath();
      context.moveTo(x + size / 2, y);
      context.lineTo(x + size, y + size);
      context.lineTo(x, y + size);
      context.fill();
    } else {
      context.strokeStyle = colors.gone;
      context.lineWidth = 1;
      context.strokeRect(x + 0.5, y + 0.5, size - 1, size - 1);
    }
    if (i === at) {
      context.strokeStyle = colors.cursor;
      context.lineWidth = 2;
      context.strokeRect(x, y, size, size);
    }
  }
}

/** Which theme is on the screen; a canvas is not repainted by CSS. */
function useTheme(): 'light' | 'dark' {
  const [theme, setTheme] = useState<'light' | 'dark'>('light');
  useEffect(() => {
    const dark = window.matchMedia('(prefers-color-scheme: dark)');
    const read = () =>
      setTheme((document.documentElement.dataset.theme ?? (dark.matches ? 'dark' : 'light')) as 'light');
    const observer = new MutationObserver(read);
    observer.observe(document.documentElement, { attributeFilter: ['data-theme'] });
    dark.addEventListener('change', read);
    read();
    return () => {
      observer.disconnect();
      dark.removeEventListener('change', read);
    };
  }, []);
  return theme;
}
