import { RESP_TYPES } from '@redis/client';
import { connectPatiently, makeRedisClient, withinTime } from '../../../cluster/redis/connect';
import type { RedisAddress } from '../../../env/redis-address';
import { SECOND } from '../../../model/time/duration';

/** One message of a stream: its fields, the values as they were sent. */
export interface StreamEntry {
  id: string;
  fields: Readonly<Record<string, Buffer>>;
}

/** One stream, as a consumer of a group reads it. Every call rejects when Redis does not answer in time. */
export interface StreamReader {
  /** Entries that a consumer was given and did not acknowledge for `idleMs`: ours from now on. */
  claim(idleMs: number, count: number): Promise<StreamEntry[]>;
  /** Entries that nobody was given yet; waits a second for them. */
  read(count: number): Promise<StreamEntry[]>;
  /** Puts what cannot be stored into another stream. */
  add(stream: string, fields: Record<string, string | Buffer>): Promise<void>;
  acknowledge(ids: string[]): Promise<void>;
  /** Entries that are not acknowledged; null where Redis does not say. */
  lag(): Promise<number | null>;
}

interface Reply {
  id: Buffer;
  message: Record<string, Buffer>;
}

/** What the three kinds of client have in common here; their own signatures differ in what else they may return. */
interface Client {
  xGroupCreate(key: string, group: string, id: string, options: { MKSTREAM: true }): Promise<unknown>;
  xAutoClaim(
    key: string,
    group: string,
    consumer: string,
    idleMs: number,
    start: string,
    options: { COUNT: number },
  ): Promise<{ messages: Array<Reply | null> }>;
  xReadGroup(
    group: string,
    consumer: string,
    stream: { key: string; id: string },
    options: { COUNT: number; BLOCK: number },
  ): Promise<Array<{ messages: Reply[] }> | null>;
  xAdd(key: string, id: string, fields: Record<string, string | Buffer>): Promise<unknown>;
  xAck(key: string, group: string, ids: string[]): Promise<unknown>;
  xInfoGroups(key: string): Promise<Array<{ name: Buffer; pending: number; lag?: number | null }>>;
}

const BLOCK_MS = SECOND;
/** Entries may be large. A Redis that says nothing at all is noticed by the client, in seconds. */
const ANSWER_MS = 60 * SECOND;
const CONNECT_MS = 5 * SECOND;

export interface StreamPlace {
  address: RedisAddress;
  stream: string;
  group: string;
  consumer: string;
}

/**
 * Opens a connection of its own, since reading blocks it, and makes the group where there is none: it begins with the
 * oldest entry.
 *
 * @throws Error when Redis cannot be reached in time
 */
export async function openStream({ address, stream, group, consumer }: StreamPlace) {
  const connection = makeRedisClient(address);
  let isClosed = false;
  const close = () => {
    isClosed = true;
    if (connection.isOpen) connection.destroy();
  };
  const client = connection.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer }) as unknown as Client;
  try {
    await withinTime(
      connectPatiently(connection, () => isClosed),
      CONNECT_MS,
    );
    await withinTime(makeGroup(client, stream, group));
  } catch (error) {
    close();
    throw error;
  }
  return { reader: readerOf(client, stream, group, consumer), close };
}

function readerOf(client: Client, stream: string, group: string, consumer: string): StreamReader {
  return {
    async claim(idleMs, count) {
      const claimed = client.xAutoClaim(stream, group, consumer, idleMs, '0', { COUNT: count });
      const { messages } = await withinTime(claimed, ANSWER_MS);
      // Those that were deleted meanwhile are null in Redis 6.
      return messages.filter((message) => message !== null).map(entryOf);
    },
    async read(count) {
      const options = { COUNT: count, BLOCK: BLOCK_MS };
      const read = client.xReadGroup(group, consumer, { key: stream, id: '>' }, options);
      const streams = await withinTime(read, ANSWER_MS);
      return (streams ?? []).flatMap(({ messages }) => messages.map(entryOf));
    },
    async add(to, fields) {
      await withinTime(client.xAdd(to, '*', fields), ANSWER_MS);
    },
    async acknowledge(ids) {
      await withinTime(client.xAck(stream, group, ids));
    },
    async lag() {
      const groups = await withinTime(client.xInfoGroups(stream));
      const ours = groups.find(({ name }) => String(name) === group);
      // Redis 6 has no lag, and Redis 7 none where entries were deleted.
      return typeof ours?.lag === 'number' ? ours.lag + ours.pending : null;
    },
  };
}

async function makeGroup(client: Client, stream: string, group: string): Promise<void> {
  try {
    await client.xGroupCreate(stream, group, '0', { MKSTREAM: true });
  } catch (error) {
    if (!(error as Error).message.startsWith('BUSYGROUP')) throw error;
  }
}

function entryOf({ id, message }: Reply): StreamEntry {
  return { id: String(id), fields: message };
}
