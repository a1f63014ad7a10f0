import { type SampleColumns, selectRows } from '../../model/samples';
import type { Series } from '../../model/series';
import { MINUTE, SECOND } from '../../model/time/duration';
import { log } from '../../observe/log';
import type { SampleStore } from '../../store/store';
import type { Registry } from '../catalogue/registry';
import type { Ring } from './ring';

/** How many series are asked for in one statement. */
const SERIES_PER_READ = 5_000;

/**
 * When the samples of a commit without an answer are looked up. A database that lost its client goes on with the
 * client's statement until it is done or times out, nearly always within milliseconds.
 */
const CHECKS_AFTER_MS = [SECOND / 4, SECOND, 5 * SECOND, 40 * SECOND];

/** Samples older than memory keeps are looked up one by one: at most so many, in pieces of time of this length. */
const MAX_OLD = 100_000;
const PIECE_MS = 10 * MINUTE;
const PIECES_PER_CHECK = 200;

/** Between these timestamps, both included, epoch ms, samples may be missing. */
interface Span {
  from: number;
  to: number;
}

/** A sample that memory does not keep. */
interface OldSample {
  series: Series;
  timestamp: number;
}

export interface CatchUpOptions {
  stored: Pick<SampleStore, 'readSamples'>;
  registry: Pick<Registry, 'seriesById'>;
  ring: Pick<Ring, 'add' | 'has' | 'keeps' | 'forgetPredecessors'>;
  /** Receives stored samples that have not been published. */
  onFound(samples: SampleColumns): void;
}

/**
 * Finds samples that the database holds but this process did not see committed: another server wrote them, or the
 * answer of their commit was lost. Keeps one span of time per series, and some samples, so its memory is bounded.
 */
export class CatchUp {
  private uncertain = new Map<Series, Span>();
  /** Series whose old samples, from before the ring, may have been stored; and these samples. */
  private readonly uncertainSeries = new Set<Series>();
  private oldSamples = new Map<string, OldSample>();
  private checks = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly options: CatchUpOptions) {}

  /** Series for which it is not certain yet whether a commit without an answer stored their samples. */
  private get pending(): number {
    return this.uncertain.size + this.uncertainSeries.size;
  }

  /** Reads these stored samples into the ring, where it lacks them. */
  async fetch(samples: SampleColumns): Promise<void> {
    const missing = new Map<Series, Span>();
    for (const series of this.addTo(missing, samples)) this.options.ring.forgetPredecessors(series);
    await this.read(missing);
  }

  /** Looks these samples up until it is certain whether the database stored them. */
  checkLater(samples: SampleColumns): void {
    for (const series of this.addTo(this.uncertain, samples)) {
      this.options.ring.forgetPredecessors(series);
      this.uncertainSeries.add(series);
    }
    this.addOldSamples(samples);
    if (this.pending === 0) return;
    this.checks = 0;
    this.scheduleCheck();
  }

  close(): void {
    clearTimeout(this.timer);
    this.uncertain.clear();
    this.uncertainSeries.clear();
    this.oldSamples.clear();
  }

  /** @returns the series of samples that are too old for the ring, but may be predecessors of samples in it. */
  private addTo(spans: Map<Series, Span>, { series, timestamps }: SampleColumns): Set<Series> {
    const { ring } = this.options;
    const withOld = new Set<Series>();
    for (let i = 0; i < series.length; i++) {
      const timestamp = timestamps[i];
      if (ring.has(series[i].id, timestamp)) continue;
      if (!ring.keeps(timestamp)) {
        withOld.add(series[i]);
        continue;
      }
      const span = spans.get(series[i]) ?? { from: timestamp, to: timestamp };
      spans.set(series[i], { from: Math.min(span.from, timestamp), to: Math.max(span.to, timestamp) });
    }
    return withOld;
  }

  private addOldSamples({ series, timestamps }: SampleColumns): void {
    for (let i = 0; i < series.length && this.oldSamples.size < MAX_OLD; i++) {
      if (this.options.ring.keeps(timestamps[i])) continue;
      this.oldSamples.set(keyOf(series[i].id, timestamps[i]), {
        series: series[i],
        timestamp: timestamps[i],
      });
    }
  }

  private scheduleCheck(): void {
    if (this.timer || this.pending === 0) return;
    this.timer = setTimeout(() => void this.check(), CHECKS_AFTER_MS[this.checks]).unref();
  }

  private async check(): Promise<void> {
    const last = this.checks === CHECKS_AFTER_MS.length - 1;
    const { uncertain, oldSamples } = this;
    const uncertainSeries = [...this.uncertainSeries];
    if (last) {
      [this.uncertain, this.oldSamples] = [new Map(), new Map()];
      this.uncertainSeries.clear();
    }
    try {
      this.checks++;
      await this.read(new Map(uncertain));
      // A predecessor that was read before the commit ended may be out of date.
      for (const series of uncertainSeries) this.options.ring.forgetPredecessors(series);
      await this.readOldSamples(oldSamples);
    } catch (error) {
      // The database is still unreachable: the checks start again.
      for (const [series, span] of uncertain)
        if (!this.uncertain.has(series)) this.uncertain.set(series, span);
      for (const series of uncertainSeries) this.uncertainSeries.add(series);
      for (const [key, sample] of oldSamples) this.oldSamples.set(key, sample);
      this.checks = 0;
      log().debug({ err: error }, 'commits without an answer are not looked up yet');
    }
    this.timer = undefined;
    this.scheduleCheck();
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
    await this.report(range, (seriesId, timestamp) => !ring.has(seriesId, timestamp));
  }

  /** Reports the old samples that turn out to be stored; the ring does not keep them. */
  private async readOldSamples(oldSamples: Map<string, OldSample>): Promise<void> {
    for (const piece of piecesOf([...oldSamples.values()]).slice(0, PIECES_PER_CHECK)) {
      const seriesIds = [...new Set(piece.map(({ series }) => series.id))];
      const range = { start: piece[0].timestamp, end: piece[piece.length - 1].timestamp + 1, seriesIds };
      await this.report(range, (seriesId, timestamp) => oldSamples.delete(keyOf(seriesId, timestamp)));
    }
  }

  private async report(
    range: { start: number; end: number; seriesIds: readonly number[] },
    isNew: (seriesId: number, timestamp: number) => boolean,
  ): Promise<void> {
    const { stored, registry, onFound } = this.options;
    for await (const page of stored.readSamples(range)) {
      const found = selectRows(page, registry.seriesById, isNew);
      if (found.series.length > 0) onFound(found);
    }
  }
}

/** Groups samples that lie close together in time. */
function piecesOf(samples: OldSample[]): OldSample[][] {
  const pieces: OldSample[][] = [];
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
