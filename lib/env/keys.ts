import { createHash, timingSafeEqual } from 'node:crypto';

/** A key that may write, as it is held in memory: its name for limits and logs, and the SHA-256 of it, never itself. */
export interface IngestKey {
  name: string;
  digest: Buffer;
}

const ENTRY = /^(?:(?!sha256:)(?<name>[\w-]{1,32}):)?(?:sha256:(?<hash>[0-9a-f]{64})|(?<plain>[^\s,:]+))$/i;

/**
 * `INGEST_KEYS`: separated by commas, each `key`, `name:key`, `name:sha256:<64 hex digits>` or `sha256:<…>`. A key is
 * revoked by leaving it out. Null for what is none of these, or when two share a name.
 */
export function parseIngestKeys(text: string): IngestKey[] | null {
  const entries = text.split(',').flatMap((entry) => entry.trim() || []);
  const keys: IngestKey[] = [];
  for (const [i, entry] of entries.entries()) {
    const found = ENTRY.exec(entry)?.groups;
    if (!found) return null;
    const digest = found.hash ? Buffer.from(found.hash, 'hex') : digestOf(found.plain);
    keys.push({ name: found.name ?? `key-${i + 1}`, digest });
  }
  return new Set(keys.map(({ name }) => name)).size === keys.length ? keys : null;
}

/** The key that was shown. Digests have one length and all are compared, so the time taken reveals nothing. */
export function findKey(shown: string, keys: readonly IngestKey[]): IngestKey | null {
  const given = digestOf(shown);
  return keys.reduce<IngestKey | null>(
    (found, key) => (timingSafeEqual(given, key.digest) ? key : found),
    null,
  );
}

/** Whether two texts are equal, in a time that depends on neither. */
export function equalSecrets(a: string, b: string): boolean {
  return timingSafeEqual(digestOf(a), digestOf(b));
}

export function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
