import { ArrowDown, ArrowUp } from 'lucide-react';
import type { SortKey } from '@/lib/model/fleet/hosts-query';
import { cn } from '../ui/cn';

export interface SortHeaderProps {
  column: SortKey;
  title: string;
  sort: SortKey;
  descending: boolean;
  onSort(column: SortKey): void;
  align?: 'left' | 'right';
  className?: string;
}

/** The header of a column: a press sorts by it, another one reverses the order. */
export function SortHeader({
  column,
  title,
  sort,
  descending,
  onSort,
  align = 'right',
  className,
}: SortHeaderProps) {
  const active = sort === column;
  const Arrow = descending ? ArrowDown : ArrowUp;
  return (
    <th
      scope="col"
      aria-sort={active ? (descending ? 'descending' : 'ascending') : undefined}
      className={cn('px-2 py-1.5 font-medium', align === 'right' ? 'text-right' : 'text-left', className)}
    >
      <button
        type="button"
        onClick={() => onSort(column)}
        className={cn(
          'inline-flex max-w-full items-center gap-1 rounded hover:text-ink',
          align === 'right' && 'flex-row-reverse',
          active ? 'text-ink' : 'text-ink-3',
        )}
      >
        <span className="truncate">{title}</span>
        <Arrow aria-hidden className={cn('size-3 shrink-0', !active && 'invisible')} />
      </button>
    </th>
  );
}
