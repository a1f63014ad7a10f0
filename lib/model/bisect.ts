/**
 * The first whole number from `low` on for which `isReached` holds; `high` when there is none before it. `isReached`
 * must hold for all numbers after the first.
 */
export function bisect(low: number, high: number, isReached: (at: number) => boolean): number {
  let first = low;
  let end = high;
  while (first < end) {
    const middle = Math.floor((first + end) / 2);
    if (isReached(middle)) end = middle;
    else first = middle + 1;
  }
  return first;
}
