'use client';

import { connectHref } from '@/lib/model/links';
import type { ProtocolId } from '@/lib/model/protocols/protocols';
import type { Client } from '@/lib/model/wire/clients';
import { useFeedStatus } from '../live/feed';
import { cn } from '../ui/cn';
import { type NewsItem, newestOf } from './news';
import { amountOf, codeOf, nameOf, protocolOf } from './wording';

export interface NewsLineProps {
  clients: readonly Client[];
  /** When the page was rendered, epoch ms of the server. */
  openedAt: number;
  now: number;
}

/** The newest of what has happened since the page was opened: a sender heard of for the first time, or refused. */
export function NewsLine({ clients, openedAt, now }: NewsLineProps) {
  const { state } = useFeedStatus();
  const isLost = state === 'reconnecting' || state === 'stale';
  const news = newestOf(clients, openedAt, now);
  return (
    <div
      data-news={news ? (news.isRefusal ? 'refused' : 'received') : 'none'}
      className={cn(
        'sticky top-12 z-20 -mx-3 flex items-start gap-2.5 border-y px-3 py-2.5 text-sm sm:mx-0 sm:rounded-lg sm:border',
        !news && 'bg-surface text-ink-2',
        news && (news.isRefusal ? 'bg-bad-soft text-ink' : 'bg-good-soft text-ink'),
      )}
    >
      <span
        aria-hidden
        className={cn(
          'mt-1.5 size-2 shrink-0 rounded-full',
          news ? (news.isRefusal ? 'bg-bad' : 'bg-good') : 'bg-accent motion-safe:animate-pulse',
        )}
      />
      {isLost ? (
        <p>The server cannot be reached. Trying again.</p>
      ) : news ? (
        <News {...news} />
      ) : (
        <p>Listening. The first samples of a new sender are announced here.</p>
      )}
      {/* Without the number, which changes all the time. */}
      <p role="status" className="sr-only">
        {news && spoken(news)}
      </p>
    </div>
  );
}

function News({ client, isRefusal }: NewsItem) {
  const name = nameOf(client);
  const { refusal } = client;
  return (
    <p className="line-clamp-4 min-w-0 break-words">
      <strong>
        {isRefusal && refusal ? `Refused (${codeOf(refusal)})` : `Received ${amountOf(client)}`}
      </strong>
      {name && (
        <>
          {' '}
          from <strong>{name}</strong>
        </>
      )}{' '}
      (
      <a href={connectHref(client.protocol as ProtocolId)} className="rounded underline underline-offset-2">
        {protocolOf(client)?.name}
      </a>
      ){isRefusal && refusal && `: ${refusal.message}`}
    </p>
  );
}

function spoken({ client, isRefusal }: NewsItem): string {
  const from = nameOf(client) ?? protocolOf(client)?.name;
  return isRefusal ? `Refused: ${from}. ${client.refusal?.message}` : `Receiving from ${from}`;
}
