import type { ChildProcess } from 'node:child_process';

/** Children that must not outlive this process, and the signal that ends each in order. */
const children = new Map<ChildProcess, NodeJS.Signals>();
let isWatching = false;

/** Ends the child when this process ends, for any reason but SIGKILL. */
export function endWithProcess(child: ChildProcess, signal: NodeJS.Signals): void {
  if (!isWatching) process.on('exit', endAll);
  isWatching = true;
  children.set(child, signal);
  child.once('exit', () => children.delete(child));
}

function endAll(): void {
  for (const [child, signal] of children) child.kill(signal);
}
