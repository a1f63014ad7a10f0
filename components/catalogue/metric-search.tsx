'use client';

import { Search } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useUrlState } from '../shell/use-url-state';
import { Input } from '../ui/input';

const TYPING_MS = 200;

/** Searches metrics by words of their names. The URL follows as one types; without scripts, on Enter. */
export function MetricSearch({ search }: { search: string }) {
  const [typed, setTyped] = useState(search);
  const { replace, pending } = useUrlState();
  useEffect(() => {
    if (typed === search) return;
    const timer = setTimeout(() => replace({ search: typed, cursor: null }), TYPING_MS);
    return () => clearTimeout(timer);
    // Only what is typed starts the timer; `replace` is new at every render.
  }, [typed]);
  return (
    <search>
      <form
        action="/metrics"
        onSubmit={(event) => event.preventDefault()}
        className="relative w-full sm:w-72"
      >
        <Search aria-hidden className="absolute top-2 left-2.5 size-4 text-ink-3" />
        <Input
          type="search"
          name="search"
          aria-label="Search metrics"
          placeholder="Search metrics"
          autoComplete="off"
          spellCheck={false}
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
          aria-busy={pending}
          className="w-full pl-8"
        />
      </form>
    </search>
  );
}
