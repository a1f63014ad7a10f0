import { randomBytes } from 'node:crypto';
import { env } from '../../env';
import { digestOf, findKey } from '../../env/keys';
import { once } from '../../env/once';
import { PulseError } from '../../model/errors';
import { bearerToken } from './authorization';

/** What this process's own agent is called where keys have names. */
export const LOCAL_AGENT_KEY = 'local-agent';

/** A key for this process's own agent, made anew at every start and never written down. */
export function localKey(): string {
  return once('ingest.local-key', () => randomBytes(32).toString('base64url'));
}

/**
 * Lets a sender in who shows one of the keys, or anyone when no keys are configured (the server then listens on
 * loopback only).
 *
 * @param shown the key, wherever a protocol has it
 * @param advice where it belongs, for who has shown none
 * @returns the key's name; null when no keys are configured.
 * @throws PulseError `unauthorized` when none was given, `forbidden` when it is wrong
 */
export function authorizeKey(shown: string | undefined, advice: string): string | null {
  const keys = once('ingest.keys', () => {
    const { INGEST_KEYS } = env();
    return INGEST_KEYS.length === 0
      ? []
      : [...INGEST_KEYS, { name: LOCAL_AGENT_KEY, digest: digestOf(localKey()) }];
  });
  if (keys.length === 0) return null;
  if (!shown) throw new PulseError('unauthorized', `This server takes samples with a key only: ${advice}`);
  const key = findKey(shown, keys);
  if (!key) throw new PulseError('forbidden', 'This key is not one of INGEST_KEYS.');
  return key.name;
}

/** The same for a key that is shown as `Authorization: Bearer`. */
export function authorizeBearer(authorization: string | undefined): string | null {
  return authorizeKey(bearerToken(authorization), 'send Authorization: Bearer <key>.');
}
