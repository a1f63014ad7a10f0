'use client';

import { Group } from 'lucide-react';
import { Button } from '../ui/button';
import { Popover, PopoverContent, PopoverTrigger } from '../ui/popover';

export interface GroupByProps {
  /** Label names the metric's series have. */
  labels: readonly string[];
  chosen: readonly string[];
  onChange(chosen: string[]): void;
}

/** One line for each distinct combination of the chosen labels' values. */
export function GroupBy({ labels, chosen, onChange }: GroupByProps) {
  // Also labels that only the URL names: they must be removable.
  const all = [...new Set([...labels, ...chosen])];
  return (
    <Popover>
      <PopoverTrigger asChild>
        <Button>
          <Group aria-hidden />
          <span className="text-ink-3">Group by</span>
          <span className="max-w-40 truncate font-medium text-ink">{chosen.join(', ') || 'nothing'}</span>
        </Button>
      </PopoverTrigger>
      <PopoverContent aria-label="Labels to group by" className="min-w-48 p-1.5">
        {all.length === 0 && <p className="px-2 py-1 text-ink-3">This metric’s series have no labels.</p>}
        <fieldset>
          <legend className="sr-only">Labels</legend>
          {all.map((label) => (
            <label key={label} className="flex items-center gap-2 rounded px-2 py-1 hover:bg-sunken">
              <input
                type="checkbox"
                className="size-4 accent-(--accent)"
                checked={chosen.includes(label)}
                onChange={(event) =>
                  onChange(
                    event.target.checked ? [...chosen, label] : chosen.filter((name) => name !== label),
                  )
                }
              />
              {label}
            </label>
          ))}
        </fieldset>
      </PopoverContent>
    </Popover>
  );
}
