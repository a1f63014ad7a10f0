import { createHash } from 'node:crypto';
import type { RedisCommands } from '../../cluster/redis/commands';
import { alignDown, type Point, type PointsAnswer, type TimeRange } from '../../model/points';
import { MINUTE, SECOND } from '../../model/time/duration';
import type { Figures } from '../../observe/figures';
import type { Scheduler } from '../../runtime/work/scheduler';
import { type PausableWork, Work } from '../../runtime/work/work';
import type { ClosedPast, ReadOptions, SampleStore, StoreQuestion } from '../../store/store';
import { blocksOf } from './blocks';
import { cutIntoPieces, joinPieces } from './join-pieces';
import { decodePiece, encodePiece, type Piece } from './piece';
import { WriteBudget } from './write-budget';

/** Cached pieces expire after this time, used or not. */
const TTL_MS = 30 * MINUTE;
/** What one node writes in that time at most: Redis holds at most nodes × this. */
const MAX_BYTES = 64 * 2 ** 20;
/** A larger piece would delay other clients of Redis. */
const MAX_PIECE_BYTES = 2 ** 20;
/** `[1795200000000,1],`: few points are shorter. */
const POINT_BYTES = 18;
/** Series whose ids are hashed in one go. */
const IDS_AT_ONCE = 8_192;
/** Fewer steps are as quick to read from the database. */
const FEW_STEPS = 8;
/** More points take longer to decode than to compute. */
const MANY_POINTS = 200_000;
const MANY_STEPS = 10_000;

/** Caches answers of a store, as far as they cannot change, in a Redis that all nodes share. */
export interface RangeCache {
  /** Answers as `SampleStore.readPoints`, late samples included; asks the store only for what is not cached. */
  readPoints(question: StoreQuestion, options?: ReadOptions): Promise<PointsAnswer>;
  /**
   * For while the database cannot be reached: cached points that were right when it last answered. They have no gap
   * from the beginning of the range to where they end; there may be none.
   */
  readCached(question: StoreQuestion): Promise<Point[][]>;
}

export interface RangeCacheParts {
  stored: Pick<SampleStore, 'readPoints' | 'readClosed'>;
  redis: Pick<RedisCommands, 'get' | 'set'>;
  scheduler: Scheduler;
  figures: Pick<Figures, 'cacheReads' | 'tierSeconds'>;
  ttlMs?: number;
  maxBytes?: number;
}

/** What Redis has for a question, block by block. */
interface CachedPieces {
  blocks: TimeRange[];
  keys: string[];
  /** Null where there is none. */
  pieces: Array<Piece | null>;
}

/**
 * First asks the database for the version of the metric's closed past, one lookup in a small table, then Redis for the
 * pieces under that version. A late sample changes the version in its own transaction, so older pieces are not found
 * any more, whichever node took the sample and whether or not Redis could be reached. No answer depends on what Redis
 * lost or still holds.
 */
export function createRangeCache(parts: RangeCacheParts): RangeCache {
  const { stored, redis, ttlMs = TTL_MS, maxBytes = MAX_BYTES } = parts;
  const budget = new WriteBudget(maxBytes, ttlMs);
  /** By metric id, as of the last answer of the database. */
  const lastKnown = new Map<number, ClosedPast>();
  const { cacheReads, tierSeconds } = parts.figures;

  async function readPoints(question: StoreQuestion, options?: ReadOptions): Promise<PointsAnswer> {
    if (!isWorthKeeping(question)) return stored.readPoints(question, options);
    const startedAt = performance.now();
    const closed = await stored.readClosed(question.metricId, options);
    lastKnown.set(question.metricId, closed);
    const { start, end } = question;
    const past = { start, end: closedEnd(question, closed) };
    if (past.end <= start) return stored.readPoints(question, options);

    const kept = await lookUp(question, closed);
    tierSeconds.observe('cache', (performance.now() - startedAt) / SECOND);
    if (!kept) {
      cacheReads.add('unreachable');
      return stored.readPoints(question, options);
    }
    const { reached, groups } = joinPieces(kept.blocks, kept.pieces, past, question.groups.length);
    cacheReads.add(reached === past.end ? 'hit' : reached > start ? 'part' : 'miss');
    if (reached === end) return { groups, tier: 'cache' };
    const rest = await stored.readPoints({ ...question, start: reached }, options);
    const whole = groups.map((points, i) => points.concat(rest.groups[i]));
    if (reached < past.end) void keep(kept, reached, past, whole);
    return { groups: whole, tier: reached > start ? 'cache' : rest.tier };
  }

  async function readCached(question: StoreQuestion): Promise<Point[][]> {
    const closed = lastKnown.get(question.metricId);
    const none = question.groups.map(() => []);
    if (!closed || !isWorthKeeping(question)) return none;
    const kept = await lookUp(question, closed);
    if (!kept) return none;
    const past = { start: question.start, end: closedEnd(question, closed) };
    return joinPieces(kept.blocks, kept.pieces, past, question.groups.length).groups;
  }

  /** Null while Redis cannot be asked. */
  async function lookUp(question: StoreQuestion, closed: ClosedPast): Promise<CachedPieces | null> {
    const { start, step, groups, aggregates } = question;
    const blocks = blocksOf(start, closedEnd(question, closed), step);
    const work = Work.ofOurs(parts.scheduler);
    const prefix = await prefixOf(question, closed.version, work);
    const keys = blocks.map((block) => `${prefix}:${block.start}`);
    const shape = { groups: groups.length, values: aggregates.length };
    let texts: Array<string | null>;
    try {
      texts = await redis.get(keys);
    } catch {
      // Its circuit breaker logs it; the database answers instead.
      return null;
    }
    const pieces: CachedPieces['pieces'] = [];
    for (const text of texts) {
      if (work.isDue('read')) await work.pause();
      pieces.push(text === null ? null : decodePiece(text, shape));
    }
    return { blocks, keys, pieces };
  }

  /** Caches what was read from `reached` on. No request waits for it: what is lost is read again. */
  async function keep(
    { blocks, keys, pieces }: CachedPieces,
    reached: number,
    past: TimeRange,
    groups: Point[][],
  ): Promise<void> {
    const work = Work.ofOurs(parts.scheduler);
    const first = blocks.findIndex(({ end }) => end > reached);
    const fresh = cutIntoPieces(blocks.slice(first), pieces.slice(first), past, groups);
    for (const [i, piece] of fresh.entries()) {
      if (!piece || isTooLarge(piece)) continue;
      if (work.isDue('encode')) await work.pause();
      const text = encodePiece(piece);
      if (text.length > MAX_PIECE_BYTES || !budget.take(text.length)) continue;
      redis.set(keys[first + i], text, ttlMs).catch(() => {
        // Its circuit breaker logs it.
      });
    }
  }

  return { readPoints, readCached };
}

function isWorthKeeping({ groups, start, end, step, starts }: StoreQuestion): boolean {
  const steps = (end - start) / step;
  if (starts || start % step !== 0) return false;
  return step >= SECOND && steps >= FEW_STEPS && steps <= MANY_STEPS && groups.length * steps <= MANY_POINTS;
}

/** Points before this do not change without a new version: a multiple of the step. */
function closedEnd({ end, step }: StoreQuestion, { before }: ClosedPast): number {
  return Math.min(end, alignDown(before, step));
}

/** Whether it is certainly larger than a piece may be, estimated without encoding it. */
function isTooLarge({ groups }: Piece): boolean {
  return groups.reduce((points, group) => points + group.length, 0) * POINT_BYTES > MAX_PIECE_BYTES;
}

/** The key's part for everything that an answer depends on except the range. */
async function prefixOf(
  { metricId, groups, aggregates, step }: StoreQuestion,
  version: string,
  work: PausableWork,
): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify([version, metricId, aggregates, step]));
  for (const group of groups) {
    hash.update('[');
    for (let from = 0; from < group.length; from += IDS_AT_ONCE) {
      if (work.isDue('read')) await work.pause();
      hash.update(`${group.slice(from, from + IDS_AT_ONCE).join()},`);
    }
  }
  return `pulseboard:range:2:${hash.digest('base64url')}`;
}
