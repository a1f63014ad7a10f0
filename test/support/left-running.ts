import { createHook } from 'node:async_hooks';

/** What keeps memory or the system busy until somebody ends it; timers count also where they let a process end. */
const KINDS = new Set([
  'Timeout',
  'TCPWRAP',
  'TCPSERVERWRAP',
  'PIPEWRAP',
  'PIPESERVERWRAP',
  'PROCESSWRAP',
  'WORKER',
]);
/** Frames of Node itself, and of who began something by way of it. */
const FRAME = /\((?:file:\/\/)?(?<file>\/[^)]+)\)|at (?:async )?(?:file:\/\/)?(?<plain>\/\S+)/;
const OF_THE_TESTS = /node_modules\/(@?vite|vitest|@vitest|tinypool)|\/test\/support\//;

/**
 * Follows timers, connections, child processes and threads that are begun from now on, other than by tests.
 *
 * @returns `left` lists those that have not ended, each by its kind and where it was started; `stop` ends the following
 */
export function followRunning(): { left(): string[]; stop(): void } {
  const running = new Map<number, string>();
  const hook = createHook({
    init(id, kind) {
      if (!KINDS.has(kind)) return;
      const file = beginner();
      if (!OF_THE_TESTS.test(file)) running.set(id, `${kind} of ${file}`);
    },
    destroy: (id) => void running.delete(id),
  });
  hook.enable();
  return { left: () => [...running.values()].sort(), stop: () => hook.disable() };
}

/** The place in a file that begins what is being begun. */
function beginner(): string {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 30;
  const lines = (new Error().stack ?? '').split('\n').slice(1);
  Error.stackTraceLimit = limit;
  const files = lines.flatMap((line) => {
    const { file, plain } = FRAME.exec(line)?.groups ?? {};
    return file ?? plain ?? [];
  });
  // The first two are of this file.
  return files.find((file) => !file.includes('left-running')) ?? 'Node.js itself';
}
