'use client';

import type { Route } from 'next';
import type { ReactNode } from 'react';
import type { HostRow, HostsPage } from '@/lib/model/fleet/answers';
import { EVERY_HOST, formatHostsQuery } from '@/lib/model/fleet/hosts-query';
import { formatCount } from '@/lib/model/format';
import { formatDateTime, formatSpan } from '@/lib/model/format-time';
import { SECOND } from '@/lib/model/time/duration';
import { useKeptAnswer } from '../live/use-kept-answer';
import { PageHeader } from '../shell/page-header';
import { Badge } from '../ui/badge';
import { Link } from '../ui/link';
import { Tooltip } from '../ui/tooltip';
import { FreshnessNote } from './freshness-note';
import { HostLabels } from './host-labels';
import { STATUS_LOOKS, StatusMark } from './status-mark';

const UPDATE_EVERY_MS = 2 * SECOND;
/** Smaller differences of clocks may be delays of the network. */
const AHEAD_WORTH_A_WORD_MS = 5 * SECOND;

export interface HostHeaderProps {
  initial: HostsPage;
  /** Whether to link to the list of hosts; not where the host is the whole fleet. */
  crumb?: boolean;
  children?: ReactNode;
}

/** A host's name, status and labels, kept current. */
export function HostHeader({ initial, crumb = true, children }: HostHeaderProps) {
  const { name } = initial.rows[0];
  const kept = useKeptAnswer<HostsPage>({
    topic: 'fleet',
    url: hostUrl(name),
    initial,
    everyMs: UPDATE_EVERY_MS,
  });
  const { now, rows } = kept.answer;
  const host = rows[0] ?? initial.rows[0];
  return (
    <div className="flex flex-col gap-2">
      <PageHeader
        title={
          <span className="flex flex-wrap items-center gap-x-2.5 gap-y-1">
            <span>
              {crumb && (
                <Link href={'/hosts' as Route} className="rounded font-normal text-ink-3 hover:text-ink">
                  Hosts /{' '}
                </Link>
              )}
              <span className="break-all">{name}</span>
            </span>
            <HostStatusBadge host={host} />
          </span>
        }
        note={
          <FreshnessNote kept={kept}>
            <HostFacts host={host} now={now} />
          </FreshnessNote>
        }
      >
        {children}
      </PageHeader>
      <HostLabels labels={host.labels} />
    </div>
  );
}

/** The list of hosts with this host only: the header needs no endpoint of its own. */
function hostUrl(name: string): string {
  const query = {
    ...EVERY_HOST,
    matchers: [{ label: 'host', operator: '=', value: name } as const],
    pageSize: 1,
  };
  return `/api/hosts?${formatHostsQuery(query)}`;
}

function HostStatusBadge({ host }: { host: HostRow }) {
  const { word, tone, explanation } = STATUS_LOOKS[host.status];
  return (
    <Tooltip text={explanation}>
      <button type="button" className="rounded" data-host-status={host.status}>
        <Badge tone={tone} className="h-6 px-2 text-xs">
          <StatusMark status={host.status} silent />
          {word}
        </Badge>
      </button>
    </Tooltip>
  );
}

function HostFacts({ host, now }: { host: HostRow; now: number }) {
  if (host.lastSeen === 0) return <>No sample of it has been stored yet.</>;
  const silentMs = now - host.heardAt;
  return (
    <>
      {host.status === 'reporting' ? (
        <>Reports {host.intervalMs === null ? 'now' : `every ${formatInterval(host.intervalMs)}`}</>
      ) : (
        <>
          Silent for {formatSpan(silentMs)}, last seen{' '}
          <time suppressHydrationWarning>{formatDateTime(host.lastSeen)}</time>
        </>
      )}
      , {formatCount(host.series)} series
      {host.aheadMs > AHEAD_WORTH_A_WORD_MS && (
        <span className="text-warn">, its clock is {formatSpan(host.aheadMs)} ahead</span>
      )}
    </>
  );
}

/** `1 s`, `1.5 s`, `60 s`, `5 min`: usual intervals are short, and 1.02 s is 1 s. */
function formatInterval(ms: number): string {
  if (ms < 10 * SECOND) return `${Number((ms / SECOND).toPrecision(2))} s`;
  return formatSpan(ms);
}
