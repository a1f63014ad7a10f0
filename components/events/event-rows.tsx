'use client';

import type { ReactNode } from 'react';
import { formatValue } from '@/lib/model/format';
import { formatClock, formatDay } from '@/lib/model/format-time';
import { hostHref } from '@/lib/model/links';
import type { EventEntry } from '@/lib/model/wire/events';
import type { UrlState } from '../shell/use-url-state';
import { cn } from '../ui/cn';
import { Link } from '../ui/link';
import { EventDetails } from './event-details';
import { LevelBadge } from './level-badge';

export interface EventRowsProps {
  events: readonly EventEntry[];
  url: UrlState;
  pending: boolean;
}

/** Events in rows, on a phone as cards; a name in one is a filter. */
export function EventRows({ events, url, pending }: EventRowsProps) {
  return (
    <ul
      aria-label="Events"
      aria-busy={pending}
      className={cn('divide-y rounded-lg border bg-surface text-sm', pending && 'opacity-60')}
    >
      {events.map((event) => (
        <Row key={event.key} event={event} url={url} />
      ))}
    </ul>
  );
}

function Row({ event, url }: { event: EventEntry; url: UrlState }) {
  const { timestamp, level, service, endpoint, message, status, duration, host } = event;
  return (
    <li data-event={event.key} data-level={level} className="flex flex-col gap-1 px-3 py-2">
      <div className="flex flex-wrap items-baseline gap-x-3 gap-y-1">
        <time
          dateTime={new Date(timestamp).toISOString()}
          title={new Date(timestamp).toISOString()}
          className="shrink-0 font-mono text-xs text-ink-3"
          suppressHydrationWarning
        >
          {formatDay(timestamp)} {formatClock(timestamp, 1)}
        </time>
        <LevelBadge level={level} />
        <FilterLink url={url} name="service" value={service} className="font-medium" />
        <FilterLink url={url} name="endpoint" value={endpoint} className="font-mono text-xs" />
        {status !== null && <span className={status >= 500 ? 'text-bad' : 'text-ink-2'}>{status}</span>}
        {duration !== null && <span className="text-ink-2">{formatValue(duration, MILLISECONDS)}</span>}
        {host !== null && (
          <Link href={hostHref(host)} className="ml-auto rounded break-all text-ink-3 hover:text-ink">
            {host}
          </Link>
        )}
      </div>
      {message !== '' && <p className="line-clamp-3 break-words whitespace-pre-wrap text-ink">{message}</p>}
      <EventDetails event={event} />
    </li>
  );
}

const MILLISECONDS = { kind: 'seconds', perSecond: false, scale: 1e-3, noun: '' } as const;

/** Shows only events that have this, too. */
function FilterLink({
  url,
  name,
  value,
  className,
}: {
  url: UrlState;
  name: 'service' | 'endpoint';
  value: string | null;
  className: string;
}): ReactNode {
  if (!value) return null;
  return (
    <Link
      href={url.href({ [name]: value, before: null })}
      title={`Only this ${name}`}
      className={cn('rounded break-all text-ink hover:text-accent', className)}
    >
      {value}
    </Link>
  );
}
