import type { Live } from '@/lib/live/live';
import { hasValue } from '@/lib/model/fill';
import { labelsKey } from '@/lib/model/labels';
import type { GroupPoints, Point } from '@/lib/model/points';
import type { Ranking } from '@/lib/model/question';
import { topGroups } from '@/lib/model/top';
import { type GroupUpserts, STREAM_EVENTS, type StreamEventName } from '@/lib/model/wire/stream';

export interface StreamEvent {
  id: string | null;
  event: string;
  data: unknown;
}

/** One connection's reader: takes in what a stream writes, as fast or slowly as a test sets it. */
export class LiveReader {
  readonly writes: string[] = [];
  readonly events: StreamEvent[] = [];
  lastEventId: string | null = null;
  isOpen = true;
  isSlow = false;
  /** Writing to it throws from now on. */
  isBroken = false;
  private resumeStream = () => {};
  private stream: { close(): void } = { close: () => {} };

  private constructor(private readonly onEvent: (event: StreamEvent) => void) {}

  /** @throws what `Streams.open` throws. */
  static async open(
    live: Live,
    search: URLSearchParams,
    lastEventId: string | null,
    onEvent: (event: StreamEvent) => void = () => {},
  ): Promise<LiveReader> {
    const reader = new LiveReader(onEvent);
    reader.stream = await reader.openStream(live, search, lastEventId);
    return reader;
  }

  private openStream(live: Live, search: URLSearchParams, lastEventId: string | null) {
    return live.streams.open({
      search,
      lastEventId,
      sink: {
        write: (text) => {
          if (this.isBroken) throw new Error('the connection is gone');
          this.writes.push(text);
          for (const event of parseEvents(text)) {
            this.lastEventId = event.id ?? this.lastEventId;
            this.events.push(event);
            this.onEvent(event);
          }
          return !this.isSlow;
        },
        held: () => 0,
        onDrain: (resume) => {
          this.resumeStream = resume;
        },
        close: () => {
          this.isOpen = false;
        },
      },
    });
  }

  /** The reader has caught up. */
  drain(): void {
    this.isSlow = false;
    this.resumeStream();
  }

  /** The reader goes away. */
  leave(): void {
    this.stream.close();
  }

  eventsOf(name: string): StreamEvent[] {
    return this.events.filter(({ event }) => event === name);
  }

  /** The points received of the first query, oldest event first. */
  get points(): Point[] {
    return this.eventsOf('points').flatMap(({ data }) =>
      (data as { series: GroupPoints[] }).series.flatMap(({ points }) => points),
    );
  }
}

/** The events of a stream's text, each of the shape that its name has on the wire. @throws ZodError for any other */
export function parseEvents(text: string): StreamEvent[] {
  return text.split('\n\n').flatMap((block) => {
    const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1] ?? null;
    const data = field('data');
    if (data === null) return [];
    const event = field('event') as StreamEventName;
    return [{ id: field('id'), event, data: STREAM_EVENTS[event].parse(JSON.parse(data)) }];
  });
}

/** What a page makes of a history answer and the upserts after it: the points of each group. */
export class Fold {
  private groups = new Map<string, { labels: GroupPoints['labels']; points: Map<number, Point> }>();

  /** Which groups are kept where the stream sends that. */
  private order: string[] = [];

  constructor(private readonly ranking: Ranking | null) {}

  replace(series: readonly GroupPoints[]): void {
    this.groups.clear();
    this.order = series.map(({ labels }) => labelsKey(labels));
    this.upsert(series, Number.NEGATIVE_INFINITY);
  }

  /** @param start of the range as of now */
  upsert(series: readonly GroupUpserts[], start: number): void {
    for (const { labels, points } of series) {
      const key = labelsKey(labels);
      const group = this.groups.get(key) ?? { labels, points: new Map<number, Point>() };
      this.groups.set(key, group);
      for (const point of points) {
        // A point without any value removes the one that was sent.
        if (hasValue(point)) group.points.set(point[0], point);
        else group.points.delete(point[0]);
      }
    }
    const ranked = series.filter(({ rank }) => rank !== undefined).sort((a, b) => a.rank! - b.rank!);
    if (ranked.length > 0) this.order = ranked.map(({ labels }) => labelsKey(labels));
    if (this.ranking !== null) {
      const kept = new Set(
        this.within(start, Number.POSITIVE_INFINITY).map(({ labels }) => labelsKey(labels)),
      );
      for (const key of this.groups.keys()) if (!kept.has(key)) this.groups.delete(key);
    }
  }

  /** What a page shows of `[start, end)`. */
  within(start: number, end: number): GroupPoints[] {
    const shown = [...this.groups.values()].map(({ labels, points }) => ({
      labels,
      points: [...points.values()].filter(([t]) => t >= start && t < end).sort(([a], [b]) => a - b),
    }));
    if (this.ranking?.by === 'latest') return topGroups(shown, this.ranking);
    const inOrder =
      this.ranking === null
        ? shown
        : this.order.flatMap((key) => shown.find(({ labels }) => labelsKey(labels) === key) ?? []);
    return inOrder.filter(({ points }) => points.length > 0);
  }
}
