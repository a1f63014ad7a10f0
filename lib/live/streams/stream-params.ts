import type { Topic } from '../../cluster/topics/topic';
import { isPulseError, PulseError } from '../../model/errors';
import { SECOND } from '../../model/time/duration';
import type { LiveQuestion } from '../reading/live-question';

const MAX_QUERIES = 64;
const MAX_TOPICS = 16;
const TICK = { default: SECOND, least: 50, most: 10 * SECOND };

/** What a stream may subscribe to. */
export interface StreamOffer {
  /** @throws PulseError `bad_parameter`, `too_many_points`. */
  readQuestion(text: string): LiveQuestion;
  topics: readonly StreamTopic[];
}

export type StreamTopic = Topic<unknown>;

export interface StreamParams {
  questions: LiveQuestion[];
  topics: StreamTopic[];
  /** The shortest time between two writes. */
  tickMs: number;
  /** Everything that arrived before this, epoch ms, the reader has; null when it has nothing. */
  cursor: number | null;
}

/**
 * The parameters of a stream: `q` once a query, `topic` once a topic, `tick`, `cursor`. `Last-Event-ID`, which a
 * browser sends when it reconnects to the same URL, wins over the cursor in it.
 *
 * @throws PulseError `bad_parameter`, and what `readQuestion` throws.
 */
export function readStreamParams(
  search: URLSearchParams,
  lastEventId: string | null,
  { readQuestion, topics }: StreamOffer,
): StreamParams {
  const latest = Number.MAX_SAFE_INTEGER;
  const chosen = readTopics(search.getAll('topic'), topics);
  return {
    questions: readQuestions(search.getAll('q'), readQuestion, chosen.length > 0 ? 0 : 1),
    topics: chosen,
    tickMs: readWhole('tick', search.get('tick'), TICK.least, TICK.most) ?? TICK.default,
    cursor:
      readWhole('Last-Event-ID', lastEventId, 0, latest) ??
      readWhole('cursor', search.get('cursor'), 0, latest),
  };
}

function readQuestions(
  texts: readonly string[],
  readQuestion: (text: string) => LiveQuestion,
  fewest: number,
): LiveQuestion[] {
  if (texts.length < fewest || texts.length > MAX_QUERIES)
    throw new PulseError('bad_parameter', `q must be given once for each query, 1 to ${MAX_QUERIES} times.`);
  return texts.map((text, q) => {
    try {
      return readQuestion(text);
    } catch (error) {
      throw ofQuery(q, error);
    }
  });
}

function readTopics(names: readonly string[], topics: readonly StreamTopic[]): StreamTopic[] {
  if (names.length > MAX_TOPICS)
    throw new PulseError('bad_parameter', `topic may be given ${MAX_TOPICS} times at most.`);
  return [...new Set(names)].map((name) => {
    const topic = topics.find((each) => each.name === name);
    if (topic) return topic;
    const known = topics.map((each) => each.name).join(', ');
    throw new PulseError('bad_parameter', `topic is one of ${known}, not "${name.slice(0, 64)}".`);
  });
}

/** An error, saying which query it is about, from 0. */
export function ofQuery(q: number, error: unknown): unknown {
  if (!isPulseError(error)) return error;
  const { code, message, details, retryAfterMs } = error;
  return new PulseError(code, `q number ${q + 1}: ${message}`, { cause: error, details, retryAfterMs });
}

function readWhole(name: string, text: string | null, least: number, most: number): number | null {
  if (text === null || text === '') return null;
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  throw new PulseError('bad_parameter', `${name} must be a whole number from ${least} to ${most}.`);
}
