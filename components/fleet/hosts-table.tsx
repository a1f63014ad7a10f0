import type { KeyboardEvent } from 'react';
import type { HostRow, HostsPage } from '@/lib/model/fleet/answers';
import { headline } from '@/lib/model/fleet/headlines';
import type { HostsQuery, SortKey } from '@/lib/model/fleet/hosts-query';
import { formatSpan } from '@/lib/model/format-time';
import type { Labels } from '@/lib/model/labels';
import { cn } from '../ui/cn';
import { type FigureColumn, figureColumns } from './columns';
import { Figure } from './figures';
import { HostName } from './host-name';
import { RecentLine } from './recent-line';
import { SortHeader } from './sort-header';
import { STATUS_LOOKS } from './status-mark';

export interface HostsTableProps {
  page: HostsPage;
  query: HostsQuery;
  pending: boolean;
  onSort(column: SortKey): void;
  onHold(held: boolean): void;
}

/** Hosts in rows; on a phone each row is a card. Arrow keys move from host to host. */
export function HostsTable({ page, query, pending, onSort, onHold }: HostsTableProps) {
  const columns = figureColumns(page, query.sort);
  const head = { sort: query.sort, descending: query.descending, onSort };
  return (
    <table
      className={cn(
        'w-full table-fixed border-separate border-spacing-0 text-sm max-md:block',
        pending && 'opacity-60',
      )}
      aria-busy={pending}
    >
      <caption className="sr-only">Hosts with their newest figures</caption>
      <thead className="text-xs max-md:sr-only">
        <tr className="[&>th]:border-b">
          <SortHeader column="name" title="Host" align="left" className="w-auto" {...head} />
          <th
            scope="col"
            className="w-36 truncate px-2 py-1.5 text-left font-medium text-ink-3 md:max-lg:hidden"
          >
            {headline(page.recentOf).title}, 10 min
          </th>
          {columns.map(({ key, title, where }) => (
            <SortHeader key={key} column={key} title={title} className={cn('w-26', where)} {...head} />
          ))}
          <SortHeader column="seen" title="Last seen" className="w-28" {...head} />
        </tr>
      </thead>
      <tbody
        className="max-md:flex max-md:flex-col max-md:gap-2"
        onKeyDown={moveByArrows}
        onPointerEnter={() => onHold(true)}
        onPointerLeave={() => onHold(false)}
        onFocus={() => onHold(true)}
        onBlur={() => onHold(false)}
      >
        {page.rows.map((host) => (
          <Row key={host.name} host={host} page={page} columns={columns} />
        ))}
      </tbody>
    </table>
  );
}

function Row({ host, page, columns }: { host: HostRow; page: HostsPage; columns: readonly FigureColumn[] }) {
  const stale = host.status !== 'reporting';
  return (
    <tr
      data-host={host.name}
      data-status={host.status}
      className={cn(
        'relative h-12 max-md:grid max-md:h-auto max-md:grid-cols-3 max-md:gap-x-3 max-md:gap-y-2 max-md:rounded-lg max-md:border max-md:bg-surface max-md:p-3',
        'hover:bg-sunken/60 has-[a:focus-visible]:bg-sunken md:[&>td]:border-b',
      )}
    >
      <td className="px-2 max-md:col-span-2 max-md:p-0">
        <HostName host={host} className="[&_a]:after:absolute [&_a]:after:inset-0" />
        <LabelsLine labels={host.labels} />
      </td>
      <td className="px-2 max-md:order-last max-md:col-span-3 max-md:p-0 md:max-lg:hidden">
        <RecentLine
          values={host.recent}
          stepMs={page.recentStepMs}
          intervalMs={host.intervalMs}
          isPercent={headline(page.recentOf).unit === 'percent'}
          className="h-7"
        />
      </td>
      {columns.map(({ key, title, where }) => (
        <td key={key} className={cn('px-2 max-md:p-0', where)} data-figure={key}>
          <span className="block text-xs text-ink-3 md:hidden">{title}</span>
          <Figure
            of={key}
            value={host.values[key]}
            stale={stale}
            className="max-md:[&>span:first-child]:text-left"
          />
        </td>
      ))}
      <td className="px-2 text-right max-md:order-first max-md:col-start-3 max-md:row-start-1 max-md:p-0">
        <LastSeen host={host} now={page.now} />
      </td>
    </tr>
  );
}

function LabelsLine({ labels }: { labels: Labels }) {
  const values = Object.entries(labels).filter(([label]) => label !== 'host');
  return (
    <span
      className="block truncate pl-4.5 text-xs text-ink-3"
      title={values.map(([label, value]) => `${label}=${value}`).join(', ') || undefined}
    >
      {values.map(([, value]) => value).join(' · ') || ' '}
    </span>
  );
}

function LastSeen({ host, now }: { host: HostRow; now: number }) {
  if (host.heardAt === 0) return <span className="text-ink-3">never</span>;
  if (host.status === 'reporting') return <span className="text-ink-3">now</span>;
  return (
    <span className={STATUS_LOOKS[host.status].color}>
      {formatSpan(now - host.heardAt)}
      <span className="sr-only"> ago</span>
    </span>
  );
}

function moveByArrows(event: KeyboardEvent<HTMLTableSectionElement>): void {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
  const links = [...event.currentTarget.querySelectorAll<HTMLAnchorElement>('tr a')];
  const to = links[links.indexOf(document.activeElement as HTMLAnchorElement) + step];
  if (!to) return;
  event.preventDefault();
  to.focus();
}
