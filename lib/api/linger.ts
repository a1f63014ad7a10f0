const QUIET_MS = 1_000;
const MOST_BYTES = 64 * 2 ** 20;

/**
 * A sender whose body was refused may go on with it for a while: closing a connection while something is arriving
 * resets it, and takes the answer from whoever sends first and reads afterwards. Calls `end` when nothing has come
 * for a second, or far too much.
 */
export function linger(end: () => void): { heard(bytes: number): void; stop(): void } {
  let total = 0;
  let isQuiet = true;
  const look = () => {
    if (isQuiet) end();
    isQuiet = true;
  };
  // After a pause of this process timers come before what has arrived meanwhile, and that is heard first.
  const timer = setInterval(() => setImmediate(look), QUIET_MS).unref();
  return {
    heard(bytes) {
      isQuiet = false;
      total += bytes;
      if (total > MOST_BYTES) end();
    },
    stop: () => clearInterval(timer),
  };
}
