import type { StatusSection } from '@/lib/api/self/status';

/** Figures that belong together: one value behind its name, several below it. */
export function StatusCard({ title, figures }: StatusSection) {
  return (
    <section aria-label={title} className="mb-3 break-inside-avoid rounded-lg border bg-surface p-3">
      <h2 className="mb-1 text-sm font-semibold">{title}</h2>
      <dl className="divide-y text-sm">
        {figures.map(({ name, what, values }) => (
          <div key={name} title={name} className="flex flex-wrap justify-between gap-x-6 gap-y-0.5 py-1.5">
            <dt className="text-ink-2">{what}</dt>
            <dd className="ml-auto flex flex-wrap justify-end gap-x-3 text-right text-ink tabular-nums">
              {values.map(({ part, text }) => (
                <span key={part}>
                  {part && <span className="mr-1.5 text-ink-3">{part}</span>}
                  {text}
                </span>
              ))}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
