import { readFile } from 'node:fs/promises';

/** Another server has won the race for the folder; look again instead of giving up. */
export class AlreadyRunning extends Error {}

/**
 * What PostgreSQL says when it does not start, and what that means for the person who started it. The first
 * that is found in its words counts.
 */
const EXPLANATIONS: ReadonlyArray<[pattern: RegExp, sentence: (folder: string, log: string) => string]> = [
  [/No space left on device/i, (folder) => `The disk of ${folder} is full: free some space and start again.`],
  [
    /Read-only file system|Permission denied|Operation not permitted|has wrong ownership|invalid permissions/i,
    (folder) =>
      `The database folder ${folder} is not writable for this user: give it back its owner and mode 700, or set DATA_DIR.`,
  ],
  [
    /could not (create|map) (any )?(shared memory|anonymous shared memory)|Cannot allocate memory/i,
    () => 'There is not enough free memory to start the embedded PostgreSQL: free some, or set DATABASE_URL.',
  ],
  [
    /error while loading shared libraries|cannot open shared object|not found \(required by/i,
    (_, log) =>
      `The embedded PostgreSQL does not run on this system (${log} names what is missing): set DATABASE_URL to a PostgreSQL server.`,
  ],
];

/** The error of a start that failed, from what the server wrote to its log since `logFrom` (bytes). */
export async function explainFailure(
  folder: string,
  logFile: string,
  logFrom: number,
  cause: unknown,
): Promise<Error> {
  const said = (await readFile(logFile)).subarray(logFrom).toString('utf8');
  if (/lock file ".*" (already exists|is empty)|pre-existing shared memory block/.test(said))
    return new AlreadyRunning(`Another PostgreSQL is running on ${folder}.`, { cause });
  return explain(said, folder, logFile, cause);
}

/** One sentence for what a program of PostgreSQL said before it failed. */
export function explain(said: string, folder: string, logFile: string, cause: unknown): Error {
  const known = EXPLANATIONS.find(([pattern]) => pattern.test(said));
  if (known) return new Error(known[1](folder, logFile), { cause });
  const complaint = /(?:FATAL|PANIC|initdb: error): +(.+)/.exec(said)?.[1] ?? 'it says nothing';
  return new Error(
    `The database in ${folder} does not start (${complaint}); ${logFile} has the details. Restore the folder from a backup, or move it away to start with an empty one.`,
    { cause },
  );
}
