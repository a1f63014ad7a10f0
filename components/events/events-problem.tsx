import { eventsHref } from '@/lib/model/links';
import { RetryButton } from '../panels/retry-button';
import { PageHeader } from '../shell/page-header';
import { Button } from '../ui/button';
import { Link } from '../ui/link';

/** In place of the list: why there is none, and what to do about it. */
export function EventsProblem({ message, isOfAddress }: { message: string; isOfAddress: boolean }) {
  return (
    <div className="flex flex-col gap-3">
      <PageHeader title="Events" />
      <section
        role="alert"
        className="flex flex-col items-center gap-3 rounded-lg border bg-surface p-8 text-center"
      >
        <p className="font-medium">
          {isOfAddress
            ? 'The address of this page asks for something there is not'
            : 'Events cannot be read now'}
        </p>
        <p className="max-w-xl text-sm break-words text-ink-3">{message}</p>
        {isOfAddress ? (
          <Button asChild>
            <Link href={eventsHref()}>Show all events</Link>
          </Button>
        ) : (
          <RetryButton />
        )}
      </section>
    </div>
  );
}
