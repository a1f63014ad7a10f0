import { formatCount } from '@/lib/model/format';
import { connectHref } from '@/lib/model/links';
import { PROTOCOL_IDS, PROTOCOLS, type ProtocolId } from '@/lib/model/protocols/protocols';
import type { Client } from '@/lib/model/wire/clients';
import { cn } from '../ui/cn';
import { isRefusedNow } from './wording';

export interface ProtocolNavProps {
  of(id: ProtocolId): readonly Client[];
  off: readonly ProtocolId[];
  /** Epoch ms of the server. */
  now: number;
}

/** Leads to each protocol, and shows by which something arrives. */
export function ProtocolNav({ of, off, now }: ProtocolNavProps) {
  return (
    <nav
      aria-label="Protocols"
      className="flex flex-wrap gap-1.5 lg:sticky lg:top-28 lg:flex-col lg:flex-nowrap lg:gap-0.5"
    >
      {PROTOCOL_IDS.map((id) => (
        <ProtocolLink key={id} id={id} clients={of(id)} isOff={off.includes(id)} now={now} />
      ))}
    </nav>
  );
}

function ProtocolLink({
  id,
  clients,
  isOff,
  now,
}: {
  id: ProtocolId;
  clients: readonly Client[];
  isOff: boolean;
  now: number;
}) {
  const samples = clients.reduce((sum, each) => sum + each.samples, 0);
  const isRefused = clients.some((client) => isRefusedNow(client, now));
  const things = PROTOCOLS[id].arrives;
  return (
    <a
      href={connectHref(id)}
      className="flex min-h-8 items-center gap-2 rounded-md border bg-surface px-2.5 py-1 text-xs text-ink-2 hover:text-ink lg:border-transparent lg:bg-transparent lg:text-sm lg:hover:bg-sunken"
    >
      <span
        aria-hidden
        className={cn(
          'size-2 shrink-0 rounded-full',
          isRefused ? 'bg-bad' : samples > 0 ? 'bg-good' : 'border border-line-strong',
        )}
      />
      <span className="lg:min-w-0 lg:flex-1">{PROTOCOLS[id].name}</span>
      {isRefused && <span className="sr-only">refused</span>}
      {samples > 0 ? (
        <span className="text-2xs text-ink-3 max-lg:hidden">
          {formatCount(samples)}
          <span className="sr-only"> {things.counts ?? 'samples'}</span>
        </span>
      ) : (
        isOff && <span className="text-2xs text-ink-3">off</span>
      )}
    </a>
  );
}
