import type { ReactNode } from 'react';
import { cn } from '../ui/cn';

/** A titled box of the page, with its tools at the right. */
export function Card({
  title,
  note,
  tools,
  className,
  children,
}: {
  title: string;
  note?: ReactNode;
  tools?: ReactNode;
  className?: string;
  children: ReactNode;
}) {
  return (
    <section
      aria-label={title}
      className={cn('min-w-0 rounded-lg border bg-surface px-3 pt-2 pb-3', className)}
    >
      <div className="mb-1 flex min-h-8 items-center gap-2">
        <h2 className="truncate text-sm font-medium text-ink-2">{title}</h2>
        {note && <span className="truncate text-xs text-ink-3">{note}</span>}
        {tools && <div className="ml-auto">{tools}</div>}
      </div>
      {children}
    </section>
  );
}
