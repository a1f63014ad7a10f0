'use client';

import { Pause, Play } from 'lucide-react';
import { useState } from 'react';
import { eventsHref, metricHref } from '@/lib/model/links';
import { formatSelector } from '@/lib/model/selector';
import { SECOND } from '@/lib/model/time/duration';
import type { EventsAnswer } from '@/lib/model/wire/events';
import { FreshnessNote } from '../fleet/freshness-note';
import { useKeptAnswer } from '../live/use-kept-answer';
import { PageHeader } from '../shell/page-header';
import { useUrlState } from '../shell/use-url-state';
import { Button } from '../ui/button';
import { Link } from '../ui/link';
import { EventRows } from './event-rows';
import { EventsPager } from './events-pager';
import { EventsToolbar } from './events-toolbar';
import { apiUrl, FILTERS, isLive } from './filters';
import { NoEvents } from './no-events';

/** What happened: the newest events first, and newer ones as they happen. Its state is in the address. */
export function EventsView({ initial }: { initial: EventsAnswer }) {
  const url = useUrlState();
  const live = isLive(url.params);
  const asked = apiUrl(url.params);
  const kept = useKeptAnswer<EventsAnswer>({
    topic: live ? 'events' : null,
    url: asked,
    initial,
    everyMs: SECOND,
  });
  // With other filters it goes on: what is held is what was asked for then.
  const [held, setHeld] = useState<{ asked: string; answer: EventsAnswer } | null>(null);
  const isHeld = live && held?.asked === asked;
  const shown = isHeld ? held.answer : kept.answer;
  const isFiltered = FILTERS.some((name) => url.params.has(name));
  const service = url.params.get('service');
  const match = service ? formatSelector([{ label: 'service', operator: '=', value: service }]) : undefined;
  return (
    <div className="flex flex-col gap-3">
      <PageHeader
        title="Events"
        note={
          <FreshnessNote kept={kept}>
            {!live ? 'Of the past.' : isHeld ? 'Held.' : 'The newest first, as they happen.'}
            {shown.events.length > 0 && (
              <>
                {' '}
                Made of them: <MetricLink name="request_count" aggregate="sum" match={match} />,{' '}
                <MetricLink name="error_rate" aggregate="avg" match={match} />,{' '}
                <MetricLink name="response_time" aggregate="p99" match={match} />
              </>
            )}
          </FreshnessNote>
        }
      >
        {live && (
          <Button
            aria-pressed={isHeld}
            onClick={() => setHeld(isHeld ? null : { asked, answer: kept.answer })}
          >
            {isHeld ? <Play aria-hidden /> : <Pause aria-hidden />}
            {isHeld ? 'Go on' : 'Hold'}
          </Button>
        )}
      </PageHeader>
      <EventsToolbar
        url={url}
        services={[...new Set(shown.events.map((event) => event.service).filter(Boolean))]}
      />
      {shown.events.length > 0 ? (
        <EventRows events={shown.events} url={url} pending={kept.pending || url.pending} />
      ) : (
        <NoEvents isFiltered={isFiltered || url.params.has('before')} answer={shown} all={eventsHref()} />
      )}
      <EventsPager answer={shown} url={url} />
    </div>
  );
}

function MetricLink({ name, aggregate, match }: { name: string; aggregate: string; match?: string }) {
  return (
    <Link
      href={metricHref(name, { aggregate, by: match ? 'endpoint' : 'service', match })}
      className="rounded text-accent underline underline-offset-2"
    >
      {name}
    </Link>
  );
}
