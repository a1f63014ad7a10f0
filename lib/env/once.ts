/**
 * What exists once in a process, and cannot be passed on: the root (`lib/system/root.ts`), and below everything the log
 * and the ids of requests. All else belongs to the root. Next.js instantiates modules more than once in one process
 * (route handlers, pages, instrumentation, and the server around it), so a module-level variable is not a singleton;
 * `globalThis` is.
 */
const KEY = Symbol.for('pulseboard.once');
const shared = globalThis as { [KEY]?: Map<string, unknown> };
shared[KEY] ??= new Map();
const registry = shared[KEY];

/** Makes `name` on the first call in this process and returns that same value on every later one. */
export function once<T>(name: 'root' | 'log' | 'request-id', make: () => T): T {
  if (!registry.has(name)) registry.set(name, make());
  return registry.get(name) as T;
}
