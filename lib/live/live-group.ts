import type { Labels } from '../model/labels';
import { labelsKey } from '../model/labels';
import type { Point } from '../model/points';
import type { Series } from '../model/series';
import type { SidedGroup } from '../read/query/points';
import type { LiveQuery } from './live-query';
import { Marks } from './marks';

/** One line of a live query, and which of its points have changed when. */
export class LiveGroup implements SidedGroup {
  readonly sides: ReadonlyArray<Series[]>;
  /** One for each side. */
  readonly places: readonly LivePlace[];
  /** The points that commits have touched. */
  readonly marks = new Marks();
  /** Marked points that memory does not cover, as read from the store. */
  readonly stored = new Map<number, Point>();
  /** The newest point; kept up to date only where the query asks for the top. */
  latest: Point | null = null;
  /** Decides between groups of equal rank. */
  readonly text: string;
  private readonly opening: string;

  constructor(
    readonly query: LiveQuery,
    readonly key: string,
    readonly labels: Labels,
  ) {
    this.sides = query.question.sides.map(() => []);
    this.places = this.sides.map((_, side) => ({ group: this, side }));
    this.text = labelsKey(labels);
    this.opening = `{"labels":${JSON.stringify(labels)},"points":`;
  }

  /** Forgets marks that everyone has been told of. */
  forgetUpTo(seq: number): void {
    this.marks.forgetUpTo(seq, (slot) => this.stored.delete(slot));
  }

  encode({ points, rank }: Upsert): string {
    const place = rank === undefined ? '' : `,"rank":${rank}`;
    return `${this.opening}${JSON.stringify(points)}${place}}`;
  }
}

/** Where a series stands in a live query: whoever notes its samples asks what they change. */
export interface LivePlace {
  readonly group: LiveGroup;
  /** The side of the question. */
  readonly side: number;
}

/** Points of a group that are to be told. */
export interface Upsert {
  group: LiveGroup;
  points: readonly Point[];
  /** The group's place, from 1, where readers cannot tell it from the points. */
  rank?: number;
}

/** The JSON of a `series` list; null when it tells nothing. */
export function encodeUpserts(upserts: readonly Upsert[]): string | null {
  const telling = upserts.filter(({ points, rank }) => points.length > 0 || rank !== undefined);
  const texts = telling.map((upsert) => upsert.group.encode(upsert));
  return texts.length > 0 ? `[${texts.join()}]` : null;
}
