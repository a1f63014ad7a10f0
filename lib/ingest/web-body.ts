import { linger } from '../linger';
import type { Body } from './body';

/**
 * The body of a web `Request`. Leaving it half-read would cancel it, and Next.js then closes the connection before the
 * sender has read why; so it is left open, and `finish` reads what is still coming, until the sender falls silent.
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

  async function readOn(isOver: () => boolean, heard: (bytes: number) => void): Promise<void> {
    try {
      while (reader && !ended && !isOver()) {
        const { done, value } = await reader.read();
        ended = done;
        heard(value?.length ?? 0);
      }
    } catch {
      // The sender went away, which ends its body as well.
    }
  }

  return {
    body: chunks(),
    async finish() {
      if (ended) return;
      await new Promise<void>((resolve) => {
        let isOver = false;
        const end = () => {
          isOver = true;
          lingering.stop();
          resolve();
        };
        const lingering = linger(end);
        void readOn(() => isOver, lingering.heard).then(end);
      });
    },
  };
}
