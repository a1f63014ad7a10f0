import { sortInPieces } from '../../../runtime/work/sort';
import { breathe, type Context } from './context';
import type { Group } from './groups';
import { mapSeries } from './many';
import type { Grid, VectorSeries } from './series';

/** Whether `a` leaves before `b` where there is no room for both; NaN leaves first. */
type LeavesBefore = (a: number, b: number) => boolean;

const LEAVES_BEFORE: Record<'topk' | 'bottomk', LeavesBefore> = {
  topk: (a, b) => Number.isNaN(a) || a < b,
  bottomk: (a, b) => Number.isNaN(a) || a > b,
};

/** Series that are looked at without a pause. */
const AT_ONCE = 4_096;

/** Of each group the series with the `counts[k]` largest, or smallest, values at each step. */
export async function firstOfEach(
  groups: readonly Group[],
  counts: Float64Array,
  which: 'topk' | 'bottomk',
  grid: Grid,
  context: Context,
): Promise<VectorSeries[]> {
  const leavesBefore = LEAVES_BEFORE[which];
  const kept: VectorSeries[] = [];
  for (const { series } of groups) {
    context.reserve(series.length * grid.count);
    const chosen = await mapSeries(series, context, ({ has }) => new Uint8Array(has.length));
    let order: number[] = [];
    for (let k = 0; k < grid.count; k++) {
      await breathe(context);
      order = await firstAt(series, { k, count: counts[k] }, leavesBefore, context);
      for (const i of order) chosen[i][k] = 1;
    }
    // Over many steps there is no order; at one, the series come in that of their values.
    const positions = grid.count === 1 ? order : series.map((_, i) => i);
    for (const i of positions) {
      await breathe(context);
      if (chosen[i].includes(1)) kept.push({ ...series[i], has: chosen[i] });
    }
  }
  return kept;
}

/** The positions of the first `count` series at step `k`, the first of them first. */
async function firstAt(
  series: readonly VectorSeries[],
  { k, count }: { k: number; count: number },
  leavesBefore: LeavesBefore,
  context: Context,
): Promise<number[]> {
  if (count < 1) return [];
  const heap = new Heap((a, b) => leavesBefore(series[a].values[k], series[b].values[k]));
  for (let i = 0; i < series.length; i++) {
    if (i % AT_ONCE === AT_ONCE - 1) await breathe(context);
    if (!series[i].has[k]) continue;
    if (heap.items.length < count) heap.push(i);
    else {
      const [least, value] = [series[heap.items[0]].values[k], series[i].values[k]];
      if (leavesBefore(least, value) && !(Number.isNaN(least) && Number.isNaN(value))) heap.replaceFirst(i);
    }
  }
  // Of equal ones, the first in the heap is last, as in Prometheus.
  const sorted = await sortInPieces(
    heap.items,
    (a, b) => compare(series[a].values[k], series[b].values[k], leavesBefore),
    context.work,
    'evaluate',
  );
  return sorted.reverse();
}

function compare(a: number, b: number, leavesBefore: LeavesBefore): number {
  if (a === b || (Number.isNaN(a) && Number.isNaN(b))) return 0;
  if (Number.isNaN(b)) return 1;
  return leavesBefore(a, b) ? -1 : 1;
}

/** A binary heap that moves items as Go's does, so that among equal values the same ones leave as in Prometheus. */
class Heap {
  readonly items: number[] = [];

  constructor(private readonly isLess: (a: number, b: number) => boolean) {}

  push(item: number): void {
    this.items.push(item);
    let j = this.items.length - 1;
    while (j > 0) {
      const i = (j - 1) >> 1;
      if (!this.isLess(this.items[j], this.items[i])) break;
      this.swap(i, j);
      j = i;
    }
  }

  replaceFirst(item: number): void {
    const { items } = this;
    items[0] = item;
    for (let i = 0; ; ) {
      let child = 2 * i + 1;
      if (child >= items.length) return;
      if (child + 1 < items.length && this.isLess(items[child + 1], items[child])) child++;
      if (!this.isLess(items[child], items[i])) return;
      this.swap(i, child);
      i = child;
    }
  }

  private swap(i: number, j: number): void {
    [this.items[i], this.items[j]] = [this.items[j], this.items[i]];
  }
}
