import type { Body } from './body';

/** How much of a refused body is still read, and for how long. */
const LINGER_BYTES = 64 * 2 ** 20;
const LINGER_MS = 1_000;

/**
 * The body of a web `Request`. Leaving it half-read would cancel it, and Next.js then closes the connection before the
 * sender has read why; so it is left open, and `finish` reads what is still coming, within bounds.
 */
export function webBody({ body }: Request): { body: Body; finish(): Promise<void> } {
  const reader = body?.getReader();
  let ended = reader === undefined;

  async function* chunks(): AsyncGenerator<Uint8Array> {
    while (reader) {
      const { done, value } = await reader.read();
      ended = done;
      if (done) return;
      yield value;
    }
  }

  async function readOn(): Promise<void> {
    try {
      for (let bytes = 0; reader && !ended && bytes < LINGER_BYTES; ) {
        const { done, value } = await reader.read();
        ended = done;
        bytes += value?.length ?? 0;
      }
    } catch {
      // The sender went away, which ends its body as well.
    }
  }

  return {
    body: chunks(),
    async finish() {
      if (ended) return;
      await Promise.race([readOn(), new Promise((resolve) => setTimeout(resolve, LINGER_MS).unref())]);
    },
  };
}
