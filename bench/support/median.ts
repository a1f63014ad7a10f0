/** The median of some rounds after two that are not counted, ms. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (const round of range(12)) {
    const began = performance.now();
    await work();
    if (round >= 2) times.push(performance.now() - began);
  }
  return median(times);
}

export function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[numbers.length >> 1];
}

export function range(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}
