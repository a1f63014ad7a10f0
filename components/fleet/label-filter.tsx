'use client';

import { ListFilter } from 'lucide-react';
import { useEffect, useState } from 'react';
import type { LabelFacet } from '@/lib/model/fleet/answers';
import { chooseValues, chosenValues } from '@/lib/model/fleet/hosts-query';
import { formatCount } from '@/lib/model/format';
import type { Matcher } from '@/lib/model/labels';
import { Button } from '../ui/button';
import { Popover, PopoverContent, PopoverTrigger } from '../ui/popover';
import { Skeleton } from '../ui/skeleton';

export interface LabelFilterProps {
  matchers: readonly Matcher[];
  onChange(matchers: Matcher[]): void;
}

/** Filters by labels that hosts share, with the number of hosts of each value; read when it is opened. */
export function LabelFilter({ matchers, onChange }: LabelFilterProps) {
  const [open, setOpen] = useState(false);
  return (
    <Popover open={open} onOpenChange={setOpen}>
      <PopoverTrigger asChild>
        <Button>
          <ListFilter aria-hidden /> Labels
        </Button>
      </PopoverTrigger>
      <PopoverContent className="w-80" aria-label="Filter by labels">
        <Facets matchers={matchers} onChange={onChange} />
      </PopoverContent>
    </Popover>
  );
}

function Facets({ matchers, onChange }: LabelFilterProps) {
  const { facets, problem } = useFacets();
  if (problem) return <p className="text-bad">{problem}</p>;
  if (!facets) return <Skeleton className="h-24" />;
  if (facets.length === 0) {
    return (
      <p className="text-ink-3">
        No label is shared by several hosts. Give samples labels such as <code>region</code> or{' '}
        <code>role</code> and they can be chosen here.
      </p>
    );
  }
  return (
    <div className="flex flex-col gap-3">
      {facets.map(({ label, values }) => (
        <fieldset key={label}>
          <legend className="mb-1 text-xs font-semibold text-ink-2">{label}</legend>
          <div className="max-h-44 overflow-y-auto">
            {values.map(({ value, hosts }) => (
              <label
                key={value}
                className="flex cursor-pointer items-center gap-2 rounded px-1 py-1 hover:bg-sunken"
              >
                <input
                  type="checkbox"
                  className="size-3.5 accent-(--accent)"
                  checked={chosenValues(matchers, label).includes(value)}
                  onChange={(event) => onChange(toggle(matchers, label, value, event.target.checked))}
                />
                <span className="min-w-0 flex-1 truncate">{value}</span>
                <span className="text-xs text-ink-3">{formatCount(hosts)}</span>
              </label>
            ))}
          </div>
        </fieldset>
      ))}
    </div>
  );
}

function toggle(matchers: readonly Matcher[], label: string, value: string, on: boolean): Matcher[] {
  const others = chosenValues(matchers, label).filter((one) => one !== value);
  return chooseValues(matchers, label, on ? [...others, value] : others);
}

function useFacets(): { facets: LabelFacet[] | null; problem: string | null } {
  const [facets, setFacets] = useState<LabelFacet[] | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  useEffect(() => {
    const leaving = new AbortController();
    readFacets(leaving.signal).then(setFacets, (error) => {
      if (!leaving.signal.aborted) setProblem(error instanceof Error ? error.message : String(error));
    });
    return () => leaving.abort();
  }, []);
  return { facets, problem };
}

async function readFacets(signal: AbortSignal): Promise<LabelFacet[]> {
  const response = await fetch('/api/fleet/labels', { signal });
  if (!response.ok) throw new Error(`The server answered ${response.status}.`);
  const { labels } = (await response.json()) as { labels: LabelFacet[] };
  return labels;
}
