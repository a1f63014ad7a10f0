import type { ReactNode } from 'react';

/** Shown instead of a chart: why there is none, and what to do about it. */
export function PanelMessage({
  title,
  height,
  children,
}: {
  title: string;
  height: number;
  children?: ReactNode;
}) {
  return (
    <div
      className="flex flex-col items-center justify-center gap-2 p-3 text-center"
      style={{ minHeight: height }}
    >
      <p className="text-sm font-medium text-ink-2">{title}</p>
      {children && <div className="w-full max-w-xl text-sm text-ink-3">{children}</div>}
    </div>
  );
}
