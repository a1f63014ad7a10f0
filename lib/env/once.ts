/**
 * Process-wide things. Next.js instantiates modules more than once in one process (route handlers, pages,
 * instrumentation, and the server around it), so a module-level variable is not a singleton; `globalThis` is.
 */
const KEY = Symbol.for('pulseboard.once');
const shared = globalThis as { [KEY]?: Map<string, unknown> };
shared[KEY] ??= new Map();
const registry = shared[KEY];

/** Makes `name` on the first call in this process and returns that same value on every later one. */
export function once<T>(name: string, make: () => T): T {
  if (!registry.has(name)) registry.set(name, make());
  return registry.get(name) as T;
}

/** Forgets `name`, so that the next `once` makes it again: after a failed start, and between tests. */
export function forget(name: string): void {
  registry.delete(name);
}
