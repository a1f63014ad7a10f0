import type { Route } from 'next';
import { search as searchText } from '@/lib/model/links';
import { Button } from '../ui/button';
import { Link } from '../ui/link';

/** Links to the next page of the catalogue, and to the first; the browser's back button goes to the page before. */
export function NextPage({ search, cursor, next }: { search: string; cursor: string; next: string | null }) {
  if (!next && !cursor) return null;
  return (
    <nav aria-label="Pages" className="flex justify-end gap-2">
      {cursor && (
        <Button asChild>
          <Link href={`/metrics${searchText({ search })}` as Route}>First page</Link>
        </Button>
      )}
      {next && (
        <Button asChild>
          <Link href={`/metrics${searchText({ search, cursor: next })}` as Route}>Next page</Link>
        </Button>
      )}
    </nav>
  );
}
