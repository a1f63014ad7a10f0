import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** What JavaScript and its buffers take, bytes, when all that nobody needs is gone. */
export async function usedBytes(): Promise<number> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let i = 0; i < 3; i++) {
    // What is closed is let go of in a later turn of the event loop.
    await new Promise((resolve) => setImmediate(resolve));
    collect();
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
