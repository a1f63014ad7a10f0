'use client';

import { type ReactNode, useSyncExternalStore } from 'react';
import type { FleetSummary } from '@/lib/model/fleet/answers';
import { connectHref } from '@/lib/model/links';
import type { FleetEvent } from '@/lib/model/wire/fleet';
import { useFeedStatus } from '../live/feed';
import { useTopic } from '../live/use-topic';
import { PostSample } from '../panels/post-sample';
import { PageHeader } from '../shell/page-header';
import { Button } from '../ui/button';
import { CommandLine } from '../ui/command-line';
import { Link } from '../ui/link';
import { useRefreshOnChange } from './use-refresh-on-change';

/** Shown before the first sample: how to send it. Replaced by the fleet when it arrives. */
export function FirstSteps({ initial }: { initial: FleetSummary }) {
  const fleet = useTopic<FleetEvent>('fleet');
  const { state } = useFeedStatus();
  const isLost = state === 'reconnecting' || state === 'stale';
  useRefreshOnChange('empty', fleet && fleet.hosts > 0 ? 'hosts' : 'empty');
  const nameless = (fleet ?? initial).series > 0;
  return (
    <div className="mx-auto flex max-w-3xl flex-col gap-6 py-6 sm:py-12">
      <PageHeader
        title={nameless ? 'Samples arrive, but from no host' : 'Waiting for the first sample'}
        note={
          nameless
            ? 'None of the samples has a label “host”, so there is no server to show here. The metrics themselves are under Metrics.'
            : 'This page turns into your fleet the moment one arrives. No reload needed.'
        }
      />
      <ol className="flex flex-col gap-6">
        <Step
          title="Watch a machine"
          note="Sends its CPU, memory, disks and network every second; run it on each server."
        >
          <AgentCommand />
        </Step>
        <Step
          title="Or connect what already runs"
          note="Prometheus, OpenTelemetry, Telegraf, StatsD, collectd and others: a config to paste for each."
        >
          <Button asChild>
            <Link href={connectHref()}>Choose what runs</Link>
          </Button>
        </Step>
        <Step
          title="Or post a sample yourself"
          note="From anything that can speak HTTP. The host is a label like any other."
        >
          <PostSample />
        </Step>
        <Step
          title="Or see how a thousand servers look"
          note="Plays a believable fleet: rhythm of the day, incidents, servers that vanish and return."
        >
          <OwnCommand command="npm run simulate -- --servers 1000 --url" />
        </Step>
      </ol>
      <p role="status" className="flex items-center gap-2 text-sm text-ink-3">
        <span aria-hidden className="size-2 rounded-full bg-accent motion-safe:animate-pulse" />
        {isLost ? 'The server cannot be reached. Trying again.' : 'Listening.'}
      </p>
    </div>
  );
}

function Step({ title, note, children }: { title: string; note: string; children: ReactNode }) {
  return (
    <li>
      <h2 className="text-sm font-semibold">{title}</h2>
      <p className="mb-2 text-sm text-ink-3">{note}</p>
      {children}
    </li>
  );
}

/** The agent's command for this server. */
export function AgentCommand() {
  return <OwnCommand command="npm run agent -- --url" />;
}

/** A command that ends with the address this page was reached at. */
function OwnCommand({ command }: { command: string }) {
  const origin = useSyncExternalStore(
    () => () => {},
    () => location.origin,
    () => 'http://127.0.0.1:3000',
  );
  return <CommandLine command={`${command} ${origin}`} />;
}
