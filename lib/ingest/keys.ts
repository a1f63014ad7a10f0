import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { env } from '../env';
import { PulseError } from '../errors';
import { once } from '../once';

/** A key for this process's own agent, made anew at every start and never written down. */
export function localKey(): string {
  return once('ingest.local-key', () => randomBytes(32).toString('base64url'));
}

/**
 * Lets a sender in who shows one of the keys, or anyone when no keys are configured (the server then listens on
 * loopback only). Throws `unauthorized` when none was given and `forbidden` when it is wrong.
 */
export function authorizeSender(authorization: string | undefined): void {
  const digests = once('ingest.key-digests', () => {
    const { INGEST_KEYS } = env();
    return INGEST_KEYS.length === 0 ? [] : [...INGEST_KEYS, localKey()].map(digest);
  });
  if (digests.length === 0) return;
  const key = /^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1];
  if (!key)
    throw new PulseError(
      'unauthorized',
      'This server takes samples with a key only: send Authorization: Bearer <key>.',
    );
  if (!matchesAny(digest(key), digests))
    throw new PulseError('forbidden', 'This key is not one of INGEST_KEYS.');
}

/** Digests have one length and say nothing of the key; every one is compared, so that the time tells nothing either. */
function matchesAny(given: Buffer, known: readonly Buffer[]): boolean {
  return known.reduce((found, each) => timingSafeEqual(given, each) || found, false);
}

function digest(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}
