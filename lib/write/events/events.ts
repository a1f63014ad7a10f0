import type { Topics } from '../../cluster/topics/topics';
import type { Env } from '../../env';
import type { Registry } from '../../memory/catalogue/registry';
import { LIMITS } from '../../model/limits';
import { DAY } from '../../model/time/duration';
import type { Figures } from '../../observe/figures';
import type { EventLog } from '../../records/event-log';
import type { NewEvent, StoredEvent } from '../../records/stored-event';
import { ANSWER_MS } from '../commit-queue';
import { checkTime } from '../ingest/admission';
import type { IncomingSample, SampleError, WriteResult } from '../ingest/sample';
import type { Pipeline } from '../pipeline';
import { EndpointNames } from './endpoint-names';
import { templateOf } from './endpoint-template';
import { EVENT_ERRORS } from './event-error';
import { EventQueue } from './event-queue';
import { placeKeyOf, samplesOf } from './event-samples';
import { EventsAnnouncer } from './events-topic';
import type { DecodedEvents, IncomingEvent } from './incoming-event';
import { DEFAULT_RULES } from './rules/defaults';
import { type DerivedValue, deriveLabels, deriveValues } from './rules/derive';
import type { EventRules } from './rules/schema';

/** An event that is sent later than this is refused: for so long it is known which places are taken. */
export const MAX_EVENT_AGE_MS = DAY;

/** Takes events: each is stored, and what the rules make of it goes the way of samples. */
export interface Events {
  /**
   * Resolves once every usable event and all its samples are committed, within `answerMs`. Rejects with `queue_full` or
   * `shutting_down`: then none of these is kept; with `database_unavailable` some may be kept, now or later.
   */
  write(decoded: DecodedEvents, answerMs?: number): Promise<WriteResult>;
  /** Events on their way to the database, and how many may be. */
  readonly figures: { waiting: number; limit: number };
  /** Commits what waits, then refuses. */
  close(): Promise<void>;
}

export interface EventsParts {
  env: Pick<Env, 'RETENTION_RAW'>;
  log: Pick<EventLog, 'store'>;
  pipeline: Pick<Pipeline, 'write'>;
  registry: Pick<Registry, 'metrics'>;
  topics: Pick<Topics, 'publish'>;
  figures: Pick<Figures, 'events'>;
  rules?: EventRules;
}

interface PreparedEvent {
  event: IncomingEvent;
  row: NewEvent;
  values: DerivedValue[];
}

interface Outcome {
  isNew: boolean;
  error: Pick<SampleError, 'path' | 'code' | 'message'> | null;
}

export function createEvents({
  env,
  log,
  pipeline,
  registry,
  topics,
  figures,
  rules = DEFAULT_RULES,
}: EventsParts): Events {
  const names = new EndpointNames(registry, rules);
  const announcer = new EventsAnnouncer(topics);
  const queue = new EventQueue<PreparedEvent, Outcome>({ commit, bytesOf });

  async function write(
    { events, errors, precision }: DecodedEvents,
    answerMs = ANSWER_MS,
  ): Promise<WriteResult> {
    const now = Date.now();
    const oldest = now - Math.min(MAX_EVENT_AGE_MS, env.RETENTION_RAW);
    const window = { oldest, newest: now + LIMITS.maxClockAheadMs, precision };
    const rejections = [...errors];
    const prepared: PreparedEvent[] = [];
    for (const event of events) {
      const error = checkTime(event.index, event.timestamp, window);
      if (error) rejections.push(error);
      else prepared.push(prepare(event));
    }
    const outcomes = await queue.write(prepared, answerMs);
    let duplicates = 0;
    outcomes.forEach(({ isNew, error }, at) => {
      if (error) rejections.push({ index: prepared[at].event.index, ...error });
      else if (!isNew) duplicates++;
    });
    const accepted = events.length + errors.length - rejections.length;
    figures.events.add('stored', accepted - duplicates);
    figures.events.add('duplicate', duplicates);
    figures.events.add('rejected', rejections.length);
    return {
      accepted,
      duplicates,
      rejected: rejections.length,
      errors: rejections.sort((a, b) => a.index - b.index),
    };
  }

  function prepare(given: IncomingEvent): PreparedEvent {
    const template = given.endpoint === null ? null : templateOf(given.endpoint);
    const { service, endpoint } = names.admit(given.service, template);
    const event = { ...given, service, endpoint };
    const values = deriveValues(rules, event);
    return {
      event,
      values,
      row: {
        id: given.id,
        ts: given.timestamp,
        level: given.level,
        service,
        endpoint,
        path: given.endpoint === endpoint ? null : given.endpoint,
        message: given.message,
        duration: given.duration,
        status: given.status,
        host: given.host,
        traceId: given.traceId,
        fields: given.fieldsText,
        placeKey: values.length === 0 ? null : placeKeyOf(deriveLabels(rules, event)),
      },
    };
  }

  /**
   * First the events, which gives each its place; then the samples at these places. What is acknowledged has both. When
   * the second step does not happen, nobody was answered, and sending it again finds the same places.
   */
  async function commit(prepared: readonly PreparedEvent[]): Promise<Outcome[]> {
    const stored = await log.store(prepared.map(({ row }) => row));
    const samples = prepared.flatMap(({ event, values }, index) => {
      const { isRefused } = stored[index];
      return isRefused ? [] : samplesOf(rules, event, values, stored[index], index);
    });
    announcer.note(stored.filter(({ isNew, isRefused }) => isNew && !isRefused).length);
    const errors = await writeSamples(samples);
    return stored.map((one, index) => outcomeOf(one, errors.get(index)));
  }

  async function writeSamples(samples: IncomingSample[]): Promise<Map<number, SampleError>> {
    if (samples.length === 0) return new Map();
    const { errors } = await pipeline.write({ samples, errors: [] });
    return new Map(errors.map((error) => [error.index, error]));
  }

  return {
    write,
    get figures() {
      return { waiting: queue.size, limit: queue.limit };
    },
    async close() {
      await queue.close();
      announcer.close();
    },
  };
}

function outcomeOf({ isNew, isRefused }: StoredEvent, sampleError: SampleError | undefined): Outcome {
  if (isRefused)
    return {
      isNew,
      error: { path: 'timestamp', code: 'too_many_at_once', message: EVENT_ERRORS.too_many_at_once },
    };
  if (!sampleError) return { isNew, error: null };
  const { code, message } = sampleError;
  return {
    isNew,
    error: { path: '', code, message: `the event is stored, its metrics are not: ${message}` },
  };
}

/** About what it takes in memory. */
function bytesOf({ row }: PreparedEvent): number {
  return 1_000 + 2 * (row.message.length + (row.fields?.length ?? 0) + (row.path?.length ?? 0));
}
