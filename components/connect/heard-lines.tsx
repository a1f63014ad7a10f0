import { Check, TriangleAlert } from 'lucide-react';
import { formatAgo } from '@/lib/model/format-time';
import type { Client } from '@/lib/model/wire/clients';
import { amountOf, codeOf, isRefusedNow, nameOf } from './wording';

const MOST_LINES = 5;

/** Who sends by one protocol, and what the newest of it was refused for. */
export function HeardLines({ clients, now }: { clients: readonly Client[]; now: number }) {
  if (clients.length === 0) return <p className="text-sm text-ink-3">Nothing received yet.</p>;
  const more = clients.length - MOST_LINES;
  return (
    <ul className="flex flex-col gap-1.5 text-sm">
      {clients.slice(0, MOST_LINES).map((client) => (
        <ClientLines key={`${nameOf(client)} ${client.isRest}`} client={client} now={now} />
      ))}
      {more > 0 && <li className="text-ink-3">and {more} more</li>}
    </ul>
  );
}

function ClientLines({ client, now }: { client: Client; now: number }) {
  const { samples, lastAt, refusal } = client;
  const name = nameOf(client);
  const isRefused = isRefusedNow(client, now);
  return (
    <li data-client={name ?? ''} className="flex flex-col gap-1">
      {samples > 0 && lastAt !== null && (
        <p className="flex items-start gap-2 text-ink-2">
          <Check aria-hidden className="mt-0.5 size-4 shrink-0 text-good" />
          <span className="min-w-0 break-words">
            Received <strong className="text-ink">{amountOf(client)}</strong>
            {name && (
              <>
                {' '}
                from <strong className="text-ink">{name}</strong>
              </>
            )}
            <span className="text-ink-3">, {formatAgo(now - lastAt)}</span>
          </span>
        </p>
      )}
      {refusal && (
        <p className="flex items-start gap-2 text-ink-2">
          <TriangleAlert
            aria-hidden
            className={`mt-0.5 size-4 shrink-0 ${isRefused ? 'text-bad' : 'text-ink-3'}`}
          />
          <span className={`min-w-0 break-words ${isRefused ? 'text-ink' : 'text-ink-3'}`}>
            {isRefused || samples === 0 ? 'Refused' : 'Refused before that'} ({codeOf(refusal)}
            {samples === 0 && name && `, from ${name}`}): {refusal.message}
            <span className="text-ink-3"> {capital(formatAgo(now - refusal.at))}.</span>
          </span>
        </p>
      )}
    </li>
  );
}

function capital(text: string): string {
  return text[0].toUpperCase() + text.slice(1);
}
