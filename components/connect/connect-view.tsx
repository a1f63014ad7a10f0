'use client';

import { useState } from 'react';
import { KEY_PLACE, PLAIN_KEY, type Place } from '@/lib/model/protocols/protocol';
import { PROTOCOL_IDS, PROTOCOLS, type ProtocolId } from '@/lib/model/protocols/protocols';
import type { ClientsEvent } from '@/lib/model/wire/clients';
import { useServerNow } from '../live/now';
import { useTopic } from '../live/use-topic';
import { PageHeader } from '../shell/page-header';
import { NewsLine } from './news-line';
import { PlaceForm } from './place-form';
import { ProtocolNav } from './protocol-nav';
import { ProtocolSection } from './protocol-section';

export interface ConnectViewProps {
  /** The address at which the reader has this server. */
  origin: string;
  needsKey: boolean;
  ports: Place['ports'];
  /** Protocols whose setting is missing. */
  off: readonly ProtocolId[];
  initial: ClientsEvent;
}

/** What to paste for each protocol, with this server's address, and what has arrived by it. */
export function ConnectView({ origin, needsKey, ports, off, initial }: ConnectViewProps) {
  const [address, setAddress] = useState(origin);
  const [key, setKey] = useState('');
  const { clients, now } = useTopic<ClientsEvent>('clients') ?? initial;
  const clock = Math.max(now, useServerNow(1_000) ?? now);
  const place: Place = {
    origin: originIn(address) ?? origin,
    key: needsKey ? (PLAIN_KEY.test(key) ? key : KEY_PLACE) : null,
    ports,
  };
  const of = (id: ProtocolId) => clients.filter(({ protocol }) => protocol === id);
  return (
    <div className="flex flex-col gap-4">
      <PageHeader
        title="Connect"
        note="Paste a config into what already runs. What arrives is shown here the moment it does."
      />
      <NewsLine clients={clients} openedAt={initial.now} now={clock} />
      <div className="grid items-start gap-4 lg:grid-cols-[15rem_minmax(0,1fr)]">
        <ProtocolNav of={of} off={off} now={clock} />
        <div className="flex max-w-4xl min-w-0 flex-col gap-4">
          <PlaceForm
            address={address}
            isAddress={originIn(address) !== null}
            onAddress={setAddress}
            secret={needsKey ? { value: key, isPlain: PLAIN_KEY.test(key), onChange: setKey } : null}
          />
          {PROTOCOL_IDS.map((id) => (
            <ProtocolSection
              key={id}
              id={id}
              protocol={PROTOCOLS[id]}
              place={place}
              isOff={off.includes(id)}
              clients={of(id)}
              now={clock}
            />
          ))}
        </div>
      </div>
    </div>
  );
}

/** Null where it is no address of a server. */
function originIn(address: string): string | null {
  const text = address.trim();
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return null;
  const { origin, hostname } = new URL(text);
  return /^[\w.:[\]-]+$/.test(hostname) ? origin : null;
}
