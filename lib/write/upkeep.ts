import type { EndedSessions } from '../access/auth/ended-sessions';
import type { Env } from '../env';
import type { Registry } from '../memory/catalogue/registry';
import type { Ring } from '../memory/ring/ring';
import { MINUTE, SECOND } from '../model/time/duration';
import { log } from '../observe/log';
import type { EventLog } from '../records/event-log';
import type { Records } from '../records/records';
import type { Store } from '../store/store';
import { MAX_EVENT_AGE_MS } from './events/events';

const EVICT_EVERY_MS = SECOND;
const MAINTAIN_EVERY_MS = 10 * SECOND;
/** How long a session that was ended on one server may still be valid on the others. */
const SYNC_SESSIONS_EVERY_MS = 2 * SECOND;
const MAKE_ROOM_EVERY_MS = 5 * SECOND;
/** Clocks of servers may be apart. */
const PLACES_SLACK_MS = 10 * MINUTE;
const TOUCH_EVERY_MS = 5 * MINUTE;
/** Servers that start together should not maintain the database at the same moments. */
const JITTER = 0.2;

export interface UpkeepOptions {
  store: Pick<Store, 'catalogue' | 'upkeep'>;
  registry: Pick<Registry, 'seriesById'>;
  ring: Pick<Ring, 'evict'>;
  /** Absent where viewers need not sign in. */
  sessions?: EndedSessions;
  records: Records;
  events: { log: Pick<EventLog, 'maintain'>; settings: Pick<Env, 'EVENTS_RETENTION' | 'EVENTS_MAX_BYTES'> };
}

/**
 * The periodic jobs: evict old samples from the ring, maintain the database, make room for events, record when series
 * were last seen, read the sessions that other servers ended. A run that fails is logged and repeated; runs of a job do
 * not overlap.
 *
 * @returns the off-switch: resolves when nothing is under way any more and the last-seen times are recorded.
 */
export function startUpkeep({
  store,
  registry,
  ring,
  sessions,
  records,
  events,
}: UpkeepOptions): () => Promise<void> {
  const recorded = new Map<number, number>();
  async function touch(): Promise<void> {
    const seen: Array<{ id: number; lastSeen: number }> = [];
    for (const { id, lastSeen } of registry.seriesById.values()) {
      if (lastSeen > (recorded.get(id) ?? 0)) seen.push({ id, lastSeen });
    }
    if (seen.length > 0) await store.catalogue.touch(seen);
    for (const { id, lastSeen } of seen) recorded.set(id, lastSeen);
  }
  // Times that come from the catalogue need not be recorded again.
  for (const { id, lastSeen } of registry.seriesById.values()) recorded.set(id, lastSeen);

  const stop = new AbortController();
  const jobs = [
    repeatedly('evict', EVICT_EVERY_MS, async () => ring.evict(Date.now())),
    repeatedly('maintain', MAINTAIN_EVERY_MS, () => store.upkeep.maintain(Date.now(), stop.signal)),
    repeatedly('make room', MAKE_ROOM_EVERY_MS, () => {
      const { EVENTS_MAX_BYTES: maxBytes, EVENTS_RETENTION: maxAgeMs } = events.settings;
      // What comes as late as it may finds its places still.
      return events.log.maintain({ maxBytes, maxAgeMs }, Date.now() - MAX_EVENT_AGE_MS - PLACES_SLACK_MS);
    }),
    repeatedly('touch', TOUCH_EVERY_MS, touch),
    ...(sessions
      ? [
          repeatedly('sessions', SYNC_SESSIONS_EVERY_MS, () =>
            sessions.sync(records.endedSessions, Date.now()),
          ),
        ]
      : []),
  ];
  let stopping: Promise<void> | null = null;
  return () => {
    stopping ??= (async () => {
      stop.abort();
      await Promise.all(jobs.map((end) => end()));
      await attempt('touch', touch);
    })();
    return stopping;
  };
}

/** Repeats `work`, each time only after the last has ended; the off-switch waits for its end. */
function repeatedly(name: string, everyMs: number, work: () => Promise<unknown>): () => Promise<void> {
  let stopped = false;
  let timer: NodeJS.Timeout;
  let running = Promise.resolve();
  const schedule = () => {
    timer = setTimeout(
      () => {
        running = attempt(name, work).then(() => {
          if (!stopped) schedule();
        });
      },
      everyMs * (1 + JITTER * (Math.random() - 0.5)),
    );
  };
  schedule();
  return async () => {
    stopped = true;
    clearTimeout(timer);
    await running;
  };
}

async function attempt(name: string, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    log().warn({ err: error, job: name }, 'upkeep failed; it is tried again');
  }
}
