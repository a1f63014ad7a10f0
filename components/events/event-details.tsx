import type { EventEntry } from '@/lib/model/wire/events';

/** What an event has beside what its row shows; nothing where there is nothing. */
export function EventDetails({ event: { path, traceId, fields, message } }: { event: EventEntry }) {
  const isLong = message.length > 300 || message.split('\n').length > 3;
  const entries = Object.entries(fields);
  if (path === null && traceId === null && entries.length === 0 && !isLong) return null;
  return (
    <details className="text-xs text-ink-2">
      <summary className="w-fit cursor-pointer rounded text-ink-3 hover:text-ink">More</summary>
      <dl className="mt-1 grid grid-cols-[auto_minmax(0,1fr)] gap-x-3 gap-y-0.5 font-mono">
        {path !== null && <Pair name="path" value={path} />}
        {traceId !== null && <Pair name="traceId" value={traceId} />}
        {entries.map(([name, value]) => (
          <Pair key={name} name={name} value={typeof value === 'string' ? value : JSON.stringify(value)} />
        ))}
        {isLong && <Pair name="message" value={message} />}
      </dl>
    </details>
  );
}

function Pair({ name, value }: { name: string; value: string }) {
  return (
    <>
      <dt className="break-all text-ink-3">{name}</dt>
      <dd className="break-words whitespace-pre-wrap">{value}</dd>
    </>
  );
}
