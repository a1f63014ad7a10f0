import { HOUR, MINUTE } from '../../../model/time/duration';
import type { IncomingSample } from '../sample';
import { AGGREGATES, type Aggregate, type MakeSamples } from './aggregates';
import { type Refused, readStatsdLine, type StatsdLine } from './line';

/** What all series take together: some 90,000 of usual names. */
const MOST_BYTES = 64 * 2 ** 20;
/** What a series takes beside its name, its labels, and what its aggregate says. */
const SERIES_BYTES = 768;
/** What nothing is heard of for so long is forgotten; sooner where others wait for its place. */
const FORGOTTEN_AFTER_MS = HOUR;
const FORGOTTEN_SOON_AFTER_MS = MINUTE;
/** A clock that has gone back by less is waited for: what is written stays in order. */
const MOST_BACK_MS = MINUTE;

/** Samples that are made together, about: some milliseconds. */
const PORTION = 5_000;

interface Held {
  aggregate: Aggregate;
  ownBytes: number;
  /** With those of the aggregate. */
  bytes: number;
  /** Of the window it was last heard of in, epoch ms. */
  heardAt: number;
}

/** Counts lines by what became of them. */
export type CountLine = (result: Refused | 'taken') => void;

/**
 * Sums up what StatsD's clients send, series by series, until somebody ends the window; what it holds is bounded,
 * however long that takes.
 */
export class StatsdWindow {
  heldBytes = 0;
  private readonly held = new Map<string, Held>();
  private readonly changed = new Set<Held>();
  private isFull = false;
  private sweptAt: number;

  /**
   * @param instance names this server, as a label of every series
   * @param start when the first window begins, epoch ms
   */
  constructor(
    private readonly instance: string,
    private start: number,
    private readonly count: CountLine,
  ) {
    this.sweptAt = start;
  }

  get series(): number {
    return this.held.size;
  }

  /** Takes a line; empty ones are none. */
  add(line: string): void {
    if (line === '') return;
    const read = readStatsdLine(line, this.instance);
    this.count(typeof read === 'string' ? read : (this.take(read) ?? 'taken'));
  }

  /**
   * Ends the window and begins the next.
   * @param now epoch ms
   * @returns what was received in it, in samples, some at a time: they are made as they are asked for, and what comes
   * meanwhile is of the next window. None where the clock has gone back a little, and the window goes on.
   */
  end(now: number): Iterable<IncomingSample[]> {
    if (now <= this.start) {
      if (this.start - now < MOST_BACK_MS) return [];
      this.start = now - 1;
    }
    const span = { start: this.start, end: now };
    const ended: MakeSamples[] = [];
    for (const each of this.changed) {
      ended.push(each.aggregate.end(span));
      each.heardAt = now;
      this.noteBytes(each);
    }
    this.changed.clear();
    this.start = now;
    this.forget(now);
    return inPortions(ended);
  }

  private take(line: StatsdLine): Refused | null {
    const each = this.heldFor(line);
    if (!each) {
      this.isFull = true;
      return 'full';
    }
    const refused = each.aggregate.add(line);
    this.noteBytes(each);
    if (!refused) this.changed.add(each);
    return refused;
  }

  /** Null where there is no room for it: for a new series, or for what may be a new member of a set. */
  private heldFor({ type, subject }: StatsdLine): Held | null {
    const key = `${type} ${subject.key}`;
    const isFull = this.heldBytes >= MOST_BYTES;
    const known = this.held.get(key);
    if (known) return isFull && type === 'set' ? null : known;
    if (isFull) return null;
    const ownBytes = SERIES_BYTES + 8 * key.length;
    const each = { aggregate: AGGREGATES[type](subject), ownBytes, bytes: ownBytes, heardAt: this.start };
    this.heldBytes += ownBytes;
    this.held.set(key, each);
    return each;
  }

  private noteBytes(each: Held): void {
    const bytes = each.ownBytes + each.aggregate.bytes;
    this.heldBytes += bytes - each.bytes;
    each.bytes = bytes;
  }

  private forget(now: number): void {
    if (Math.abs(now - this.sweptAt) < FORGOTTEN_SOON_AFTER_MS) return;
    const afterMs = this.isFull ? FORGOTTEN_SOON_AFTER_MS : FORGOTTEN_AFTER_MS;
    this.isFull = false;
    this.sweptAt = now;
    // What was last heard of later than now is of before the clock went back.
    for (const [key, { heardAt, bytes }] of this.held) {
      if (Math.abs(now - heardAt) < afterMs) continue;
      this.held.delete(key);
      this.heldBytes -= bytes;
    }
  }
}

function* inPortions(ended: readonly MakeSamples[]): Generator<IncomingSample[]> {
  let samples: IncomingSample[] = [];
  for (const make of ended) {
    make(samples);
    if (samples.length < PORTION) continue;
    yield samples;
    samples = [];
  }
  if (samples.length > 0) yield samples;
}
