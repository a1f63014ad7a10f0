import type { Stage } from '../../observe/stages';
import type { PausableWork } from './work';

/** Items sorted, or merged, in one go: about a millisecond. */
const RUN = 1_024;

/** `items` in order, equal ones in theirs, sorted a piece at a time: for more than a few thousand. */
export async function sortInPieces<T>(
  items: readonly T[],
  compare: (a: T, b: T) => number,
  work: PausableWork,
  stage: Stage,
): Promise<T[]> {
  let runs: T[][] = [];
  for (let from = 0; from < items.length; from += RUN) {
    if (work.isDue(stage)) await work.pause();
    runs.push(items.slice(from, from + RUN).sort(compare));
  }
  while (runs.length > 1) {
    const merged: T[][] = [];
    for (let i = 0; i < runs.length; i += 2)
      merged.push(
        i + 1 < runs.length ? await mergeInPieces(runs[i], runs[i + 1], compare, work, stage) : runs[i],
      );
    runs = merged;
  }
  return runs[0] ?? [];
}

/** Two lists in order as one. */
export async function mergeInPieces<T>(
  left: readonly T[],
  right: readonly T[],
  compare: (a: T, b: T) => number,
  work: PausableWork,
  stage: Stage,
): Promise<T[]> {
  const merged: T[] = [];
  let l = 0;
  let r = 0;
  while (l < left.length && r < right.length) {
    if (merged.length % RUN === 0 && work.isDue(stage)) await work.pause();
    merged.push(compare(left[l], right[r]) <= 0 ? left[l++] : right[r++]);
  }
  return merged.concat(left.slice(l), right.slice(r));
}

/** The first `count` of items that come in any order, without keeping the others. */
export class FirstFew<T> {
  private items: T[] = [];

  constructor(
    private readonly count: number,
    private readonly compare: (a: T, b: T) => number,
  ) {}

  add(item: T): void {
    this.items.push(item);
    if (this.items.length >= this.count + RUN) this.items = this.inOrder();
  }

  inOrder(): T[] {
    return this.items.sort(this.compare).slice(0, this.count);
  }
}
