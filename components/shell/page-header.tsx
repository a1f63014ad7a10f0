import type { ReactNode } from 'react';

/** A page's one `<h1>`, a line about it, and what can be done with the whole page. */
export function PageHeader({
  title,
  note,
  children,
}: {
  title: ReactNode;
  note?: ReactNode;
  children?: ReactNode;
}) {
  return (
    <div className="flex flex-wrap items-end justify-between gap-x-6 gap-y-2">
      <div className="min-w-0">
        <h1 className="text-lg font-semibold tracking-tight break-words">{title}</h1>
        {note && <p className="text-sm text-ink-3">{note}</p>}
      </div>
      {children && <div className="flex flex-wrap items-center gap-2">{children}</div>}
    </div>
  );
}
