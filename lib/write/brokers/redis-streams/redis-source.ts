import { hostname } from 'node:os';
import type { Env } from '../../../env';
import { SECOND } from '../../../model/time/duration';
import { log } from '../../../observe/log';
import { type BrokerMessage, DEAD, type Refusal, timeOf } from '../message';
import type { BrokerSource, SourceParts } from '../source';
import { openStream, type StreamEntry, type StreamPlace, type StreamReader } from './client';

type Settings = Pick<Env, 'PORT' | 'REDIS_GROUP' | 'REDIS_SAMPLES_STREAM' | 'REDIS_EVENTS_STREAM'> & {
  REDIS_URL: NonNullable<Env['REDIS_URL']>;
};

/** Entries that are read, and stored, together. */
const PORTION = 100;
/** What a node was given and has not acknowledged for so long is another's: it is gone, or has got stuck. */
const LEFT_MS = 15 * SECOND;
const LOOK_EVERY_MS = 5 * SECOND;
const MOST_REASON = 1_000;

interface Stream {
  name: string;
  what: BrokerMessage['what'];
  lag: number | null;
}

/**
 * Pulls from streams of Redis as a consumer of a group: each entry is given to one node. It is acknowledged after what
 * it holds is committed, so it may come again, and none is passed over.
 */
export function redisSource(settings: Settings, parts: SourceParts): BrokerSource {
  const { REDIS_SAMPLES_STREAM: samples, REDIS_EVENTS_STREAM: events, REDIS_GROUP: group } = settings;
  const streams: Stream[] = [];
  if (samples) streams.push({ name: samples, what: 'samples', lag: null });
  if (events) streams.push({ name: events, what: 'events', lag: null });
  const consumer = `${hostname()}:${settings.PORT}`;
  return {
    name: 'redis',
    async pull(stop, isUp) {
      const failed = new AbortController();
      const signal = AbortSignal.any([stop, failed.signal]);
      const followed = streams.map((stream) => {
        const place = { address: settings.REDIS_URL, stream: stream.name, group, consumer };
        return follow(place, (reader) => pullStream(reader, stream, signal), isUp);
      });
      // One that fails ends the other, so that both begin anew.
      for (const each of followed) each.catch(() => failed.abort());
      const results = await Promise.allSettled(followed);
      const failure = results.find((result) => result.status === 'rejected');
      if (failure && !stop.aborted) throw failure.reason;
    },
  };

  async function pullStream(reader: StreamReader, stream: Stream, stop: AbortSignal): Promise<void> {
    let lookAt = 0;
    while (!stop.aborted) {
      let left: StreamEntry[] = [];
      if (performance.now() >= lookAt) {
        left = await reader.claim(LEFT_MS, PORTION);
        await takeEntries(reader, stream, left, stop);
        await noteLag(reader, stream);
      }
      // There may be more of it.
      if (left.length === PORTION) continue;
      if (performance.now() >= lookAt) lookAt = performance.now() + LOOK_EVERY_MS;
      await takeEntries(reader, stream, await reader.read(PORTION), stop);
    }
  }

  async function takeEntries(
    reader: StreamReader,
    { name, what }: Stream,
    entries: StreamEntry[],
    stop: AbortSignal,
  ): Promise<void> {
    if (entries.length === 0) return;
    const refusals = await parts.take(
      entries.map((entry) => readEntry(entry, what, name)),
      stop,
    );
    for (const [at, refusal] of refusals.entries())
      if (refusal) await putAside(reader, name, entries[at], refusal);
    await reader.acknowledge(entries.map(({ id }) => id));
  }

  async function noteLag(reader: StreamReader, stream: Stream): Promise<void> {
    stream.lag = await reader.lag();
    const known = streams.flatMap(({ lag }) => lag ?? []);
    parts.figures.lag = known.length === 0 ? null : known.reduce((sum, lag) => sum + lag, 0);
  }
}

async function follow(
  place: StreamPlace,
  pull: (reader: StreamReader) => Promise<void>,
  isUp: () => void,
): Promise<void> {
  const { reader, close } = await openStream(place);
  isUp();
  try {
    await pull(reader);
  } finally {
    close();
  }
}

async function putAside(
  reader: StreamReader,
  stream: string,
  { id, fields }: StreamEntry,
  { code, message }: Refusal,
): Promise<void> {
  log().warn({ stream, id, code, message }, 'an entry of a stream is put aside');
  await reader.add(`${stream}.${DEAD}`, {
    ...fields,
    'pulseboard-error': code,
    'pulseboard-reason': message.slice(0, MOST_REASON),
    'pulseboard-stream': stream,
    'pulseboard-id': id,
  });
}

/** An entry's id begins with the time at which Redis took it, unless its sender chose another. */
function readEntry({ id, fields }: StreamEntry, what: BrokerMessage['what'], stream: string): BrokerMessage {
  return {
    what,
    value: fields.body ?? Buffer.alloc(0),
    contentType: fields['content-type']?.toString(),
    contentEncoding: fields['content-encoding']?.toString(),
    time: timeOf(Number(id.split('-')[0])),
    id: `redis/${stream}/${id}`,
  };
}
