import { execFile } from 'node:child_process';
import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { childEnv } from '../../runtime/process/child-env.mjs';

const run = promisify(execFile);

/** A system user that PostgreSQL runs as. */
export interface Identity {
  uid: number;
  gid: number;
}

/** Where root keeps what a system user must be able to enter and the project's folder does not allow. */
export const SYSTEM_PLACE = '/var/lib/pulseboard';

const USER = 'postgres';
/** Debian and most others, then Alpine's busybox. */
const CREATE_USER = [
  ['useradd', '--system', '--user-group', '--no-create-home', '--shell', '/bin/false', USER],
  ['adduser', '-S', '-D', '-H', '-s', '/bin/false', USER],
] as const;

export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/** The `postgres` system user, created where there is none: PostgreSQL refuses to run as root. */
export async function systemUser(): Promise<Identity> {
  const known = await lookUp();
  if (known) return known;
  const failures: unknown[] = [];
  for (const [command, ...args] of CREATE_USER) {
    try {
      await run(command, args, { env: childEnv() });
      break;
    } catch (error) {
      failures.push(error);
    }
  }
  const created = await lookUp();
  if (created) return created;
  throw new Error(
    'PostgreSQL does not run as root, and a system user "postgres" could not be created: create one, start as another user, or set DATABASE_URL.',
    { cause: failures },
  );
}

async function lookUp(): Promise<Identity | null> {
  try {
    const ask = (what: string) => run('id', [what, USER], { env: childEnv() });
    const [uid, gid] = await Promise.all([ask('-u'), ask('-g')]);
    return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  } catch {
    // `id` fails for a user it does not know.
    return null;
  }
}

/** Whether `identity` may enter this folder: whether it has the right to search it and every folder above. */
export function mayEnter(folder: string, identity: Identity): boolean {
  const { mode, uid, gid } = statSync(folder);
  const search = uid === identity.uid ? 0o100 : gid === identity.gid ? 0o010 : 0o001;
  if ((mode & search) === 0) return false;
  const above = dirname(folder);
  return above === folder || mayEnter(above, identity);
}
