import type { SampleColumns } from '../../model/samples';
import type { Series } from '../../model/series';
import { MINUTE, SECOND } from '../../model/time/duration';
import { log } from '../../observe/log';
import type { SampleStore } from '../../store/store';
import type { Registry } from '../catalogue/registry';
import type { Ring } from './ring';

/** How many series are asked for in one statement. */
const SERIES_PER_READ = 5_000;

/**
 * How long after a commit without an answer it is looked for. A database that lost its client goes on with what the
 * client had sent, until the statement is done or its time is over; nearly always within milliseconds.
 */
const LOOKS_AFTER_MS = [SECOND / 4, SECOND, 5 * SECOND, 40 * SECOND];

/** Older samples than memory keeps are looked for one by one: no more than so many, in pieces of time of this length. */
const MOST_OLD = 100_000;
const PIECE_MS = 10 * MINUTE;
const PIECES_A_LOOK = 200;

/** Timestamps between which samples may be missing, epoch ms, both included. */
interface Span {
  from: number;
  to: number;
}

/** A sample that memory does not keep. */
interface Old {
  series: Series;
  timestamp: number;
}

export interface CatchUpOptions {
  stored: Pick<SampleStore, 'readSamples'>;
  registry: Registry;
  ring: Ring;
  /** Receives what the database has and nobody was told of. */
  onFound(samples: SampleColumns): void;
  now?: () => number;
}

/**
 * Brings the ring, and those who listen, what the database holds but this process did not see committed: written by
 * another server, or by a commit whose answer was lost. Holds a span of time per series, and some samples, so it takes
 * bounded memory.
 */
export class CatchUp {
  private doubts = new Map<Series, Span>();
  /** Series of which a sample from before the ring may have been stored, and those samples. */
  private readonly oldDoubts = new Set<Series>();
  private old = new Map<string, Old>();
  private looks = 0;
  private timer: NodeJS.Timeout | undefined;
  private doubtSince = Number.POSITIVE_INFINITY;
  /** The same of what is being looked for now. */
  private lookingSince = Number.POSITIVE_INFINITY;

  constructor(private readonly options: CatchUpOptions) {}

  /** Series of which it is not known yet whether a commit without an answer was one. */
  get pending(): number {
    return this.doubts.size + this.oldDoubts.size;
  }

  /** Since when a commit may have stored what nobody was told of, epoch ms; Infinity when none may have. */
  get owedSince(): number {
    return Math.min(this.doubtSince, this.lookingSince);
  }

  /** Reads those of these samples, which the database has, that the ring should have and has not. */
  async fetch(samples: SampleColumns): Promise<void> {
    const missing = new Map<Series, Span>();
    for (const series of this.addTo(missing, samples)) this.options.ring.distrust(series);
    await this.read(missing);
  }

  /** Looks for these samples, which the database may have taken or not, until that is certain. */
  doubt(samples: SampleColumns): void {
    for (const series of this.addTo(this.doubts, samples)) {
      this.options.ring.distrust(series);
      this.oldDoubts.add(series);
    }
    this.addOld(samples);
    if (this.pending === 0) return;
    this.doubtSince = Math.min(this.doubtSince, this.options.now?.() ?? Date.now());
    this.looks = 0;
    this.lookLater();
  }

  close(): void {
    clearTimeout(this.timer);
    this.doubts.clear();
    this.oldDoubts.clear();
    this.old.clear();
  }

  /** @returns the series of samples that are too old for the ring, but that a counter in it may go on from. */
  private addTo(spans: Map<Series, Span>, { series, timestamps }: SampleColumns): Set<Series> {
    const { ring } = this.options;
    const old = new Set<Series>();
    for (let i = 0; i < series.length; i++) {
      const timestamp = timestamps[i];
      if (ring.has(series[i].id, timestamp)) continue;
      if (!ring.keeps(timestamp)) {
        old.add(series[i]);
        continue;
      }
      const span = spans.get(series[i]) ?? { from: timestamp, to: timestamp };
      spans.set(series[i], { from: Math.min(span.from, timestamp), to: Math.max(span.to, timestamp) });
    }
    return old;
  }

  private addOld({ series, timestamps }: SampleColumns): void {
    for (let i = 0; i < series.length && this.old.size < MOST_OLD; i++) {
      if (this.options.ring.keeps(timestamps[i])) continue;
      this.old.set(keyOf(series[i].id, timestamps[i]), { series: series[i], timestamp: timestamps[i] });
    }
  }

  private lookLater(): void {
    if (this.timer || this.pending === 0) return;
    this.timer = setTimeout(() => void this.look(), LOOKS_AFTER_MS[this.looks]).unref();
  }

  private async look(): Promise<void> {
    const last = this.looks === LOOKS_AFTER_MS.length - 1;
    const { doubts, old, doubtSince } = this;
    const oldDoubts = [...this.oldDoubts];
    // What is stored by now will have been told; what is stored later is not late yet.
    this.lookingSince = doubtSince;
    this.doubtSince = Number.POSITIVE_INFINITY;
    if (last) {
      [this.doubts, this.old] = [new Map(), new Map()];
      this.oldDoubts.clear();
    }
    try {
      this.looks++;
      await this.read(new Map(doubts));
      // What was told of them before the commit had ended may be out of date.
      for (const series of oldDoubts) this.options.ring.distrust(series);
      await this.readOld(old);
    } catch (error) {
      // The database is still away: all begins anew.
      for (const [series, span] of doubts) if (!this.doubts.has(series)) this.doubts.set(series, span);
      for (const series of oldDoubts) this.oldDoubts.add(series);
      for (const [key, sample] of old) this.old.set(key, sample);
      this.doubtSince = Math.min(this.doubtSince, doubtSince);
      this.looks = 0;
      log().debug({ err: error }, 'commits without an answer not looked for yet');
    }
    this.lookingSince = Number.POSITIVE_INFINITY;
    this.timer = undefined;
    this.lookLater();
  }

  private async read(spans: ReadonlyMap<Series, Span>): Promise<void> {
    const all = [...spans];
    for (let i = 0; i < all.length; i += SERIES_PER_READ)
      await this.readSome(all.slice(i, i + SERIES_PER_READ));
  }

  private async readSome(spans: ReadonlyArray<readonly [Series, Span]>): Promise<void> {
    const { ring } = this.options;
    let start = Number.POSITIVE_INFINITY;
    let end = 0;
    for (const [, { from, to }] of spans) {
      start = Math.min(start, from);
      end = Math.max(end, to + 1);
    }
    const range = { start, end, seriesIds: spans.map(([{ id }]) => id) };
    await this.tell(range, (seriesId, timestamp) => !ring.has(seriesId, timestamp));
  }

  /** Tells those who listen of old samples that turn out to be stored: memory has no use for them. */
  private async readOld(old: Map<string, Old>): Promise<void> {
    for (const piece of piecesOf([...old.values()]).slice(0, PIECES_A_LOOK)) {
      const seriesIds = [...new Set(piece.map(({ series }) => series.id))];
      const range = { start: piece[0].timestamp, end: piece[piece.length - 1].timestamp + 1, seriesIds };
      await this.tell(range, (seriesId, timestamp) => old.delete(keyOf(seriesId, timestamp)));
    }
  }

  private async tell(
    range: { start: number; end: number; seriesIds: readonly number[] },
    isNews: (seriesId: number, timestamp: number) => boolean,
  ): Promise<void> {
    const { stored, registry, onFound } = this.options;
    for await (const page of stored.readSamples(range)) {
      const found: SampleColumns = { series: [], timestamps: [], values: [] };
      for (let i = 0; i < page.seriesIds.length; i++) {
        if (!isNews(page.seriesIds[i], page.timestamps[i])) continue;
        found.series.push(registry.seriesById.get(page.seriesIds[i])!);
        found.timestamps.push(page.timestamps[i]);
        found.values.push(page.values[i]);
      }
      if (found.series.length > 0) onFound(found);
    }
  }
}

/** In pieces that lie close together in time. */
function piecesOf(samples: Old[]): Old[][] {
  const pieces: Old[][] = [];
  for (const sample of samples.sort((a, b) => a.timestamp - b.timestamp)) {
    const piece = pieces.at(-1);
    if (piece && sample.timestamp < piece[0].timestamp + PIECE_MS) piece.push(sample);
    else pieces.push([sample]);
  }
  return pieces;
}

function keyOf(seriesId: number, timestamp: number): string {
  return `${seriesId} ${timestamp}`;
}
