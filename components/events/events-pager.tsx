'use client';

import type { EventsAnswer } from '@/lib/model/wire/events';
import type { UrlState } from '../shell/use-url-state';
import { Button } from '../ui/button';
import { Link } from '../ui/link';

/** To older events, and back to the newest. */
export function EventsPager({ answer: { next, searchedTo }, url }: { answer: EventsAnswer; url: UrlState }) {
  const isFirst = !url.params.get('before');
  if (isFirst && next === null) return null;
  return (
    <nav aria-label="Pages" className="flex flex-wrap items-center gap-2">
      {!isFirst && (
        <Button asChild>
          <Link href={url.href({ before: null })}>Newest</Link>
        </Button>
      )}
      {next !== null && (
        <Button asChild>
          <Link href={url.href({ before: next })}>
            {searchedTo === null ? 'Older' : 'Search further back'}
          </Link>
        </Button>
      )}
    </nav>
  );
}
