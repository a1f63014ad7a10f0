import type { Place, Protocol } from '@/lib/model/protocols/protocol';
import type { ProtocolId } from '@/lib/model/protocols/protocols';
import type { Client } from '@/lib/model/wire/clients';
import { Badge } from '../ui/badge';
import { CommandLine } from '../ui/command-line';
import { ConfigBlock } from './config-block';
import { HeardLines } from './heard-lines';

export interface ProtocolSectionProps {
  id: ProtocolId;
  protocol: Protocol;
  place: Place;
  isOff: boolean;
  clients: readonly Client[];
  /** Epoch ms of the server. */
  now: number;
}

/** One protocol: who speaks it, what has arrived by it, and what to paste. */
export function ProtocolSection({ id, protocol, place, isOff, clients, now }: ProtocolSectionProps) {
  const { name, senders, arrives, configs, docs } = protocol;
  return (
    <section
      id={id}
      aria-labelledby={`${id}-title`}
      className="flex scroll-mt-28 flex-col gap-3 rounded-lg border bg-surface p-3 sm:p-4"
    >
      <div>
        <h2 className="flex flex-wrap items-center gap-2 font-semibold">
          <span id={`${id}-title`}>{name}</span>
          {isOff && <Badge>off</Badge>}
        </h2>
        <p className="text-sm text-ink-3">{senders}.</p>
      </div>
      {(!isOff || clients.length > 0) && <HeardLines clients={clients} now={now} />}
      {isOff && arrives.settings && (
        <div className="flex flex-col gap-2">
          <p className="text-sm text-ink-2">
            Off until the server has{' '}
            <code className="font-mono text-xs">{Object.keys(arrives.settings).join(', ')}</code>:
          </p>
          <CommandLine command={startWith(arrives.settings)} />
        </div>
      )}
      {configs.map(({ title, text }) => (
        <ConfigBlock key={title} title={title} text={text(place)} secret={place.key} />
      ))}
      <p className="text-xs text-ink-3">
        {arrives.note} What is stored and answered, name by name: <code className="font-mono">{docs}</code>
      </p>
    </section>
  );
}

function startWith(settings: Readonly<Record<string, string>>): string {
  return [...Object.entries(settings).map((each) => each.join('=')), 'npm start'].join(' ');
}
