import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** What `DriverSocket` and `StatementEnds` keep from the driver is tested with this version of it. */
const TESTED = '3.4.9';

/**
 * The driver's sessions are kept safe by knowing what it does, so no other version of it is run.
 *
 * @param project the folder whose packages are used
 * @throws Error with one sentence when they have another version.
 */
export function checkDriver(project = process.cwd()): void {
  const version = installedVersion(project);
  if (version !== TESTED)
    throw new Error(
      `The PostgreSQL driver postgres.js is installed in version ${version}, but this Pulseboard is tested with ${TESTED} only: run npm ci.`,
    );
}

function installedVersion(project: string): string {
  // From the project's folder: this code may run from a bundle. From the package's entry, cjs/src/index.js: it does not
  // export its package.json.
  const entry = createRequire(join(project, 'package.json')).resolve('postgres');
  const { version } = JSON.parse(readFileSync(join(dirname(entry), '..', '..', 'package.json'), 'utf8')) as {
    version: string;
  };
  return version;
}
