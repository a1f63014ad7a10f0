'use client';

import { useSearchParams } from 'next/navigation';
import { startTransition, useOptimistic } from 'react';
import type { HostsPage } from '@/lib/model/fleet/answers';
import {
  changeQuery,
  EVERY_HOST,
  formatHostsQuery,
  type HostsQuery,
  parseHostsQuery,
  type SortKey,
} from '@/lib/model/fleet/hosts-query';
import { formatCount } from '@/lib/model/format';
import { SECOND } from '@/lib/model/time/duration';
import { ConnectLink } from '../connect/connect-link';
import { PostSample } from '../panels/post-sample';
import { PageHeader } from '../shell/page-header';
import { Button } from '../ui/button';
import { firstDirection } from './columns';
import { FreshnessNote } from './freshness-note';
import { HostsTable } from './hosts-table';
import { HostsToolbar } from './hosts-toolbar';
import { Pager } from './pager';
import { REORDER_MS, useHosts } from './use-hosts';

/** The list of hosts. Its state is in the address; a change reads new rows, not the whole page. */
export function HostsView({ initial }: { initial: HostsPage }) {
  const { query: addressed, problems } = parseHostsQuery(new URLSearchParams(useSearchParams()));
  // The address changes a moment later: a choice is shown at once, and the next choice builds on it.
  const [query, anticipate] = useOptimistic(addressed);
  const { kept, hold } = useHosts(query, initial);
  const page = kept.answer;

  function change(part: Partial<HostsQuery>, how: 'push' | 'replace' = 'push'): void {
    const next = changeQuery(query, part);
    const text = formatHostsQuery(next);
    const address = `/hosts${text && `?${text}`}`;
    startTransition(() => {
      anticipate(next);
      if (how === 'push') window.history.pushState(null, '', address);
      else window.history.replaceState(null, '', address);
    });
  }

  function sortBy(column: SortKey): void {
    change({
      sort: column,
      descending: query.sort === column ? !query.descending : firstDirection(column),
    });
  }

  function turn(by: number): void {
    change({ page: Math.min(Math.max(1, query.page + by), page.pages) });
  }

  return (
    <div className="flex flex-col gap-3">
      <PageHeader
        title="Hosts"
        note={
          <FreshnessNote kept={kept}>
            {formatCount(page.total)} in all. Figures move every 2 s
            {query.sort !== 'name' &&
              `, places every ${REORDER_MS / SECOND} s and not while you point at them`}
            .
          </FreshnessNote>
        }
      />
      <HostsToolbar query={query} page={page} onChange={change} />
      {problems.map(({ parameter, message }) => (
        <p key={parameter} role="alert" className="text-sm text-bad">
          {message}
        </p>
      ))}
      {page.rows.length > 0 ? (
        <div className="md:rounded-lg md:border md:bg-surface">
          <HostsTable page={page} query={query} pending={kept.pending} onSort={sortBy} onHold={hold} />
        </div>
      ) : (
        <NoHosts fleetIsEmpty={page.total === 0} onShowAll={() => change({ ...EVERY_HOST })} />
      )}
      <Pager page={page} onTurn={turn} onPageSize={(pageSize) => change({ pageSize })} />
    </div>
  );
}

function NoHosts({ fleetIsEmpty, onShowAll }: { fleetIsEmpty: boolean; onShowAll(): void }) {
  return (
    <section className="flex flex-col items-center gap-3 rounded-lg border bg-surface p-8 text-center">
      {fleetIsEmpty ? (
        <>
          <p className="font-medium">No host yet</p>
          <p className="text-sm text-ink-3">
            A host is there as soon as one sample carries its name. Send the first:
          </p>
          <div className="w-full max-w-2xl text-left">
            <PostSample />
          </div>
          <ConnectLink />
        </>
      ) : (
        <>
          <p className="font-medium">No host fits these filters</p>
          <Button onClick={onShowAll}>Show all hosts</Button>
        </>
      )}
    </section>
  );
}
