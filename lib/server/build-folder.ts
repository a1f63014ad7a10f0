import { existsSync, readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type User, useBuild, usersOf } from '../runtime/process/in-use.mjs';

/**
 * The build this program is part of, as `scripts/build.mjs` made it: `dist` with this file, and `next` with the pages.
 * Null when it runs from its sources. A later build has a folder of its own, so this one stays as it is.
 */
function ownBuild(): string | null {
  const folder = dirname(dirname(fileURLToPath(import.meta.url)));
  return existsSync(join(folder, 'next', 'BUILD_ID')) ? folder : null;
}

/** Has the pages served from the build this program belongs to, and that build kept as long as it runs. */
export function useOwnBuild(url: string): void {
  const build = ownBuild();
  if (!build) return;
  // Read by next.config.ts.
  process.env.PAGES_FOLDER = relative(process.cwd(), join(build, 'next'));
  useBuild(build, url);
}

/** The server of this checkout that says it listens on a port, if there is one. */
export function neighbourOn(port: number): User | null {
  const build = ownBuild();
  if (!build) return null;
  const builds = readdirSync(dirname(build)).map((name) => join(dirname(build), name));
  const users = builds.flatMap(usersOf).filter(({ pid }) => pid !== process.pid);
  return users.find(({ url }) => Number(new URL(url).port) === port) ?? null;
}
