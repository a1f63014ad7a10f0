/** What `work` resolves with, unless that takes longer than `ms`: then rejects with `late()`, and the work goes on. */
export async function within<T>(work: PromiseLike<T>, ms: number, late: () => Error): Promise<T> {
  // An infinite timer would fire at once.
  if (ms === Number.POSITIVE_INFINITY) return work;
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late()), ms);
  });
  try {
    return await Promise.race([work, over]);
  } finally {
    clearTimeout(timer);
  }
}
