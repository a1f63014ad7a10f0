import { randomBytes } from 'node:crypto';
import { digestOf, findKey, type IngestKey } from '../../env/keys';
import { PulseError } from '../../model/errors';
import { bearerToken, shownKey } from './authorization';

/** The name of the key of a server's own agent. */
export const LOCAL_AGENT_KEY = 'local-agent';

/** Lets in who may write. */
export class Senders {
  /** A key for this server's own agent, made anew at every start and never written down; null where none is needed. */
  readonly localKey: string | null;
  private readonly keys: readonly IngestKey[];

  /** @param keys as configured; without any everybody may write, and the server listens on loopback only. */
  constructor(keys: readonly IngestKey[]) {
    this.localKey = keys.length > 0 ? randomBytes(32).toString('base64url') : null;
    this.keys =
      this.localKey === null ? [] : [...keys, { name: LOCAL_AGENT_KEY, digest: digestOf(this.localKey) }];
  }

  /** Whether a key has to be shown. */
  get needKey(): boolean {
    return this.keys.length > 0;
  }

  /**
   * Lets a sender in who shows one of the keys, or anyone when no keys are configured.
   *
   * @param shown the key, wherever a protocol has it
   * @param advice where the key belongs, for a sender without one
   * @returns the key's name; null when no keys are configured.
   * @throws PulseError `unauthorized` when none was given, `forbidden` when it is wrong
   */
  authorizeKey(shown: string | undefined, advice: string): string | null {
    if (!this.needKey) return null;
    if (!shown) throw new PulseError('unauthorized', `This server takes samples with a key only: ${advice}`);
    const key = findKey(shown, this.keys);
    if (!key) throw new PulseError('forbidden', 'This key is not one of INGEST_KEYS.');
    return key.name;
  }

  /** The same for a key that is shown as `Authorization: Bearer`. */
  authorizeBearer(authorization: string | undefined): string | null {
    return this.authorizeKey(bearerToken(authorization), 'send Authorization: Bearer <key>.');
  }

  /** The same for senders that are no programs of ours, which have a form of their own for it. */
  authorizeAny(authorization: string | undefined, elsewhere?: string): string | null {
    const advice = 'send it as Authorization: Bearer <key>, or as the password of Basic.';
    return this.authorizeKey(shownKey(authorization) ?? elsewhere, advice);
  }
}
