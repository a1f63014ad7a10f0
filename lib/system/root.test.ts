import { expect, test } from 'vitest';
import { dataDir } from '@/test/support/embedded';
import { followRunning } from '@/test/support/left-running';
import { until } from '@/test/support/processes';
import { type RedisServer, startRedis } from '@/test/support/redis';
import { openIngestSession } from '../api/ingest/session';
import { collectFamilies } from '../api/self/collect';
import { startRecording } from '../api/self/record';
import { openViewerStream } from '../api/viewer-stream';
import { parseEnv } from '../env';
import { parseQuery } from '../read/query/query-params';
import { Root } from './root';

const METRIC = 'roots_cups';
const PASSWORD = 'open sesame';
const HEADERS = { address: '192.0.2.1', authorization: basic(PASSWORD) };

function basic(password: string): string {
  return `Basic ${Buffer.from(`me:${password}`).toString('base64')}`;
}

/** A server with a folder of its own. */
function rootIn(folder: string, key: string, redis?: RedisServer): Root {
  return new Root(
    parseEnv({
      DATA_DIR: folder,
      INGEST_KEYS: key,
      RATE_LIMIT: '2',
      DASHBOARD_PASSWORD: PASSWORD,
      REDIS_URL: redis?.url,
    }),
  );
}

async function write(root: Root, secret: string, value: number): Promise<void> {
  const key = root.auth.senders.authorizeKey(secret, 'it is an argument.');
  const session = openIngestSession(root, { key, address: '192.0.2.1', protocol: null });
  const sample = { index: 0, name: METRIC, value, timestamp: Date.now(), labels: { host: `h${value}` } };
  await session.write(() => ({ samples: [sample], errors: [] }));
}

/** The newest values, of hosts that a regular expression matches: that takes the thread for expressions. */
async function valuesOf(root: Root): Promise<unknown[]> {
  const query = {
    metric: METRIC,
    match: '{host=~"h[0-9]+"}',
    by: 'host',
    start: 'now-5m',
    aggregate: 'last',
  };
  const { series } = await root.ready().history.answer(parseQuery(query));
  return series.map(({ points }) => points.at(-1)?.[1]).sort();
}

/** A stream with a question. @returns whether it is still open. */
async function openStream(root: Root): Promise<() => boolean> {
  let isOpen = true;
  const sink = {
    write: () => isOpen,
    held: () => 0,
    onDrain: () => {},
    close: () => {
      isOpen = false;
    },
  };
  const search = new URLSearchParams({ q: `metric=${METRIC}&start=now-5m` });
  await openViewerStream(root, { search, lastEventId: null, sink }, HEADERS, new AbortController().signal);
  return () => isOpen;
}

test('two servers in one process share nothing, and when they are closed nothing of them is left', async () => {
  const redis = await startRedis();
  const folders = [dataDir(), dataDir()];
  try {
    for (const round of [10, 20]) {
      const running = followRunning();
      // Of one name on both; another in each round, since Redis remembers what it has sent.
      const one = rootIn(folders[0].path, `ci-${round}:one-secret`, redis);
      const other = rootIn(folders[1].path, `ci-${round}:other-secret`);
      expect(() => one.ready()).toThrow(expect.objectContaining({ code: 'database_unavailable' }));
      await Promise.all([one.system(), other.system()]);
      one.onClose(startRecording(one, 3_000));

      expect(() => other.auth.senders.authorizeKey('one-secret', '')).toThrow(
        expect.objectContaining({ code: 'forbidden' }),
      );
      await write(one, 'one-secret', round + 1);
      await write(one, 'one-secret', round + 2);
      await expect(write(one, 'one-secret', 9)).rejects.toMatchObject({ code: 'rate_limited' });
      await write(other, 'other-secret', round + 3);
      expect([one, other].map(({ figures }) => figures.ingestSamples.get('stored'))).toEqual([2, 1]);
      expect([one, other].map(({ breakers }) => [...breakers].map(({ name }) => name).sort())).toEqual([
        ['database_read', 'database_write', 'redis'],
        ['database_read', 'database_write'],
      ]);
      expect(collectFamilies(other).some(({ name }) => name === 'pulseboard_bus_up')).toBe(false);
      expect([one.recording.instance === null, other.recording.instance]).toEqual([false, null]);

      const guess = { ...HEADERS, authorization: basic('guess') };
      for (let i = 0; i < 10; i++) expect(one.auth.viewers.viewerOf(guess)).toBeNull();
      expect(() => one.auth.viewers.viewerOf(guess)).toThrow();
      expect(other.auth.viewers.viewerOf(guess)).toBeNull();
      const body = one.limits.bodies.open(1_000);
      body.add(Buffer.alloc(500));
      expect([one.limits.bodies.bytes > 0, other.limits.bodies.bytes]).toEqual([true, 0]);
      body.release();

      // What a closed one has stored is there for the next.
      const rounds = round === 10 ? [10] : [10, 20];
      expect(await valuesOf(one)).toEqual(rounds.flatMap((from) => [from + 1, from + 2]));
      expect(await valuesOf(other)).toEqual(rounds.map((from) => from + 3));
      const isOpen = await openStream(other);
      expect(running.left().some((each) => each.startsWith('WORKER'))).toBe(true);

      await Promise.all([one.close(), other.close()]);
      expect([isOpen(), other.drain.signal.aborted, one.recording.instance]).toEqual([false, true, null]);
      await until(() => expect(running.left()).toEqual([]));
      running.stop();
      for (const { breakers, eventLoopDelay } of [one, other])
        expect([breakers.size, eventLoopDelay.disable()]).toEqual([0, false]);
    }
  } finally {
    await redis.close();
    for (const folder of folders) await folder.remove();
  }
});
