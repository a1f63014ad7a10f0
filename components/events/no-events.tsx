'use client';

import type { Route } from 'next';
import { useSyncExternalStore } from 'react';
import { formatDateTime } from '@/lib/model/format-time';
import type { EventsAnswer } from '@/lib/model/wire/events';
import { ConnectLink } from '../connect/connect-link';
import { Button } from '../ui/button';
import { CommandLine } from '../ui/command-line';
import { Link } from '../ui/link';

/** In place of the list: there are none, or none that fit. */
export function NoEvents({
  isFiltered,
  answer: { searchedTo },
  all,
}: {
  isFiltered: boolean;
  answer: EventsAnswer;
  all: Route;
}) {
  return (
    <section className="flex flex-col items-center gap-3 rounded-lg border bg-surface p-8 text-center">
      {isFiltered ? (
        <>
          <p className="font-medium">No event fits these filters</p>
          {searchedTo !== null && (
            <p className="text-sm text-ink-3" suppressHydrationWarning>
              Searched back to {formatDateTime(searchedTo)}; older ones are still to be searched.
            </p>
          )}
          <Button asChild>
            <Link href={all}>Show all events</Link>
          </Button>
        </>
      ) : (
        <>
          <p className="font-medium">No event yet</p>
          <p className="text-sm text-ink-3">
            Events are what services log of their requests. Request counts, error rates and response times are
            made of them. They appear here as they happen; send the first:
          </p>
          <div className="flex w-full max-w-2xl flex-col gap-2 text-left">
            <FirstEvent />
          </div>
          <ConnectLink protocol="events" />
        </>
      )}
    </section>
  );
}

const EXAMPLE = { service: 'checkout', endpoint: 'POST /pay', status: 200, duration: 42, message: 'paid' };

function FirstEvent() {
  const origin = useSyncExternalStore(
    () => () => {},
    () => location.origin,
    () => 'http://127.0.0.1:3000',
  );
  return (
    <>
      <CommandLine
        command={`curl ${origin}/api/events \\\n  -H 'content-type: application/json' \\\n  -d '${JSON.stringify(EXAMPLE)}'`}
      />
      <CommandLine command={`npm run events -- --url ${origin}`} />
    </>
  );
}
