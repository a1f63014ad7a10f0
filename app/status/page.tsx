import type { Metadata } from 'next';
import { connection } from 'next/server';
import { PageHeader } from '@/components/shell/page-header';
import { KeepFresh } from '@/components/status/keep-fresh';
import { collectFamilies } from '@/lib/self/collect';
import { statusSections } from '@/lib/self/status';

export const metadata: Metadata = { title: 'Status' };

/** What this server says of itself: the figures of `GET /metrics`, for people. */
export default async function StatusPage() {
  await connection();
  return (
    <div className="flex flex-col gap-4">
      <KeepFresh />
      <PageHeader
        title="Status"
        note="What this server says of itself; GET /metrics has the same for machines."
      />
      {statusSections(collectFamilies()).map(({ title, rows }) => (
        <section key={title} className="rounded-lg border bg-surface p-3">
          <h2 className="mb-2 text-sm font-semibold">{title}</h2>
          <dl className="grid gap-x-6 gap-y-1 text-sm sm:grid-cols-[1fr_auto]">
            {rows.map(({ key, what, value }) => (
              <div key={key} className="contents">
                <dt className="text-ink-2">{what}</dt>
                <dd className="text-ink tabular-nums sm:text-right">{value}</dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
    </div>
  );
}
