'use client';

import type { Route } from 'next';
import { Suspense, useEffect, useRef, useState } from 'react';
import type { PanelSpec } from '@/lib/model/fleet/panels';
import type { QueryResult } from '@/lib/model/wire/history';
import { PanelBody } from '../panels/panel-body';
import { Link } from '../ui/link';
import { Skeleton } from '../ui/skeleton';
import { askPanel } from './panel-batch';

export interface LazyPanelProps {
  spec: PanelSpec;
  height: number;
  /** The page understands `start` and `end` in its URL. */
  zoomable?: boolean;
}

/** A panel starts to read this far outside of the screen, so that scrolling shows charts instead of skeletons. */
const AHEAD = '600px';
/** Legend and paddings around the chart, px. */
const AROUND_CHART = 36;

/** A panel that reads its points when it comes near the screen; it has its final size from the start. */
export function LazyPanel({ spec, height, zoomable = false }: LazyPanelProps) {
  const box = useRef<HTMLElement>(null);
  const [answer, setAnswer] = useState<Promise<QueryResult> | null>(null);
  const { query } = spec;
  useEffect(() => {
    if (!box.current || answer) return;
    const observer = new IntersectionObserver(
      ([entry]) => {
        if (entry.isIntersecting) setAnswer(askPanel(query));
      },
      { rootMargin: AHEAD },
    );
    observer.observe(box.current);
    return () => observer.disconnect();
  }, [answer, query]);
  const skeleton = (
    <div className="p-2" style={{ height: height + AROUND_CHART }}>
      <Skeleton className="size-full" />
    </div>
  );
  return (
    <section
      ref={box}
      aria-label={spec.title}
      className="flex min-w-0 flex-col rounded-lg border bg-surface"
      data-panel
    >
      <h2 className="truncate px-3 pt-2 text-sm font-medium text-ink-2">
        <Link href={spec.href as Route} className="rounded hover:text-ink hover:underline">
          {spec.title}
        </Link>
      </h2>
      {answer ? (
        <Suspense fallback={skeleton}>
          <PanelBody
            initial={answer}
            name={spec.title}
            query={query}
            unit={spec.unit}
            height={height}
            compact
            zoomable={zoomable}
          />
        </Suspense>
      ) : (
        skeleton
      )}
    </section>
  );
}
