const QUIET_MS = 1_000;
const MOST_BYTES = 64 * 2 ** 20;

/**
 * A sender whose body was refused may go on with it for a while: a connection that is closed while data arrives is
 * reset, and a sender that reads only after it has sent all loses the answer. Calls `end` when no data has come for a
 * second, or far too much.
 */
export function linger(end: () => void): { onBytes(bytes: number): void; stop(): void } {
  let total = 0;
  let isQuiet = true;
  const look = () => {
    if (isQuiet) end();
    isQuiet = true;
  };
  // After a pause of this process timers fire before data that arrived meanwhile is read: read it first.
  const timer = setInterval(() => setImmediate(look), QUIET_MS).unref();
  return {
    onBytes(bytes) {
      isQuiet = false;
      total += bytes;
      if (total > MOST_BYTES) end();
    },
    stop: () => clearInterval(timer),
  };
}
