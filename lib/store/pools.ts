import { MINUTE, SECOND } from '../model/time/duration';
import type { Endpoint } from './endpoint';
import { Lane, type LaneFigures, type LaneOptions } from './lane';
import { LIMIT_MS } from './limits';
import type { Purpose } from './pg-errors';
import { Readers } from './readers';

/** The server's own limit, for when we are not there any more to cancel. */
const BACKSTOP_MS = 2 * SECOND;

const SESSIONS = { write: 12, light: 6, heavy: 3, bulk: 3, record: 2, events: 4, eventReads: 2 } as const;

/** Separate connections, so that neither expensive questions nor upkeep can keep samples from being committed. */
export interface Lanes {
  write: Lane;
  read: Readers;
  /** Upkeep, and reading samples in bulk. */
  bulk: Lane;
  /** Records. They are always of the primary, since a replica may lag behind. */
  records: Lane;
  /** Events are stored on one and searched on the other. */
  events: Lane;
  eventReads: Lane;
  /** One piece of upkeep at a time, each on a new connection. */
  upkeep: Lane;
}

/** The lanes of one store. */
export interface Pools {
  lanes: Lanes;
  /** Resolves while the database that is written, or read, answers. @throws PulseError `database_unavailable` */
  ping(what: Purpose): Promise<void>;
  readonly figures: Record<string, LaneFigures>;
  close(): Promise<void>;
}

/** Makes the pools; nothing is connected before the first call. `reading` may be a replica. */
export function openPools(primary: Endpoint, reading: Endpoint): Pools {
  const write = new Lane(laneOf(primary, 'write', { sessions: SESSIONS.write, limitMs: LIMIT_MS.write }));
  // Not prepared: questions come in endless variety, and each is best planned for its very range, without the
  // partitions of all other times.
  const reader = (name: string, sessions: number) =>
    laneOf(reading, 'read', { sessions, limitMs: LIMIT_MS.read, name, connect: { prepare: false } });
  const light = new Lane(reader('read', SESSIONS.light));
  const heavyOptions = reader('read heavy', SESSIONS.heavy);
  const heavy = new Lane(heavyOptions);
  const read = new Readers({ endpoint: reading, light, heavy, parameters: heavyOptions.parameters });
  const slow = (name: string, more: Partial<LaneOptions>) =>
    new Lane(
      laneOf(primary, 'write', {
        sessions: SESSIONS.bulk,
        limitMs: LIMIT_MS.bulk,
        name,
        mayPause: true,
        connect: { prepare: false },
        ...more,
      }),
    );
  const records = new Lane(
    laneOf(primary, 'write', { sessions: SESSIONS.record, limitMs: LIMIT_MS.record, name: 'records' }),
  );
  const events = new Lane(
    laneOf(primary, 'write', { sessions: SESSIONS.events, limitMs: LIMIT_MS.write, name: 'events' }),
  );
  const eventReads = new Lane({ ...reader('event reads', SESSIONS.eventReads), limitMs: LIMIT_MS.events });
  const bulk = slow('bulk', { parameters: { work_mem: '64MB' } });
  const upkeep = slow('upkeep', {
    sessions: 1,
    isFresh: true,
    // A late sample changes a row of a rollup that may be packed already; the default limit would refuse.
    parameters: { 'timescaledb.max_tuples_decompressed_per_dml_transaction': '0' },
  });
  const endpoints = new Set([primary, reading]);
  const all = { write, light, heavy, bulk, records, events, eventReads, upkeep };
  return {
    lanes: { write, read, bulk, records, events, eventReads, upkeep },
    async ping(what) {
      await (what === 'write' ? primary : reading).ping();
    },
    get figures() {
      return Object.fromEntries(Object.entries(all).map(([name, lane]) => [name, lane.figures]));
    },
    async close() {
      await Promise.all(Object.values(all).map((lane) => lane.close()));
      await Promise.all([...endpoints].map(({ watchdog }) => watchdog.close()));
    },
  };
}

/** For what a start does first: each piece of work gets a new connection, and has no timeout. */
export function openSetup(endpoint: Endpoint): Lane {
  return new Lane(
    laneOf(endpoint, 'write', {
      sessions: 1,
      limitMs: Number.POSITIVE_INFINITY,
      name: 'setup',
      mayPause: true,
      isFresh: true,
    }),
  );
}

type LaneSettings = Pick<LaneOptions, 'sessions' | 'limitMs'> &
  Partial<Pick<LaneOptions, 'connect' | 'parameters' | 'mayPause' | 'isFresh'>> & { name?: string };

function laneOf(
  endpoint: Endpoint,
  purpose: Purpose,
  { name = purpose, connect, parameters, limitMs, ...more }: LaneSettings,
): LaneOptions {
  return {
    endpoint,
    purpose,
    limitMs,
    connect: {
      // Array parameters are sent as text and rows hold plain numbers and text: no types to look up.
      fetch_types: false,
      connection: { application_name: `pulseboard ${name}`, TimeZone: 'UTC' },
      ...connect,
    },
    parameters: { ...settingsOf(limitMs), ...parameters },
    ...more,
  };
}

/** What our statements need, whatever the server is set to for others. */
function settingsOf(limitMs: number): Record<string, string | number> {
  return {
    // Compiling costs more than any of these questions takes, and cannot be interrupted: with thousands of partitions
    // 18 s of a question of 0.7 s.
    jit: 'off',
    statement_timeout: Number.isFinite(limitMs) ? limitMs + BACKSTOP_MS : 0,
    idle_in_transaction_session_timeout: MINUTE,
    // The server ends a statement when its client has disconnected.
    client_connection_check_interval: SECOND,
  };
}
