import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import type { Env } from '../../env';
import { SECOND } from '../../model/time/duration';
import { log } from '../../observe/log';

export type CertificateSettings = Pick<Env, 'TLS_CERT' | 'TLS_KEY'>;

/** A certificate chain with its key, both PEM, which belong together. */
export interface Certificate {
  readonly cert: Buffer;
  readonly key: Buffer;
  /** Epoch ms. */
  readonly expiresAt: number;
}

const LOOK_EVERY_MS = 5 * SECOND;
const MOST_BYTES = 2 ** 20;

/** @throws Error with a sentence that names the setting */
export async function loadCertificate(settings: CertificateSettings): Promise<Certificate> {
  return checkPair(settings, await readPair(settings));
}

interface Pair {
  cert: Buffer;
  key: Buffer;
}

async function readPair(settings: CertificateSettings): Promise<Pair> {
  const [cert, key] = await Promise.all([
    readSetting(settings, 'TLS_CERT'),
    readSetting(settings, 'TLS_KEY'),
  ]);
  return { cert, key };
}

async function readSetting(settings: CertificateSettings, name: keyof CertificateSettings): Promise<Buffer> {
  const file = settings[name] ?? '';
  const problem = (what: string, cause?: unknown) =>
    new Error(`${name} is ${JSON.stringify(file)}, ${what}.`, { cause });
  try {
    const found = await stat(file);
    // A pipe would never end.
    if (!found.isFile() || found.size > MOST_BYTES) throw problem('which is not a PEM file');
    return await readFile(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw code === undefined ? error : problem(`which cannot be read (${code})`, error);
  }
}

function checkPair({ TLS_CERT, TLS_KEY }: CertificateSettings, { cert, key }: Pair): Certificate {
  const parsed = parsePem(
    () => firstOf(cert),
    `TLS_CERT is "${TLS_CERT}", which holds no certificate in PEM.`,
  );
  const privateKey = parsePem<KeyObject>(
    () => createPrivateKey(key),
    `TLS_KEY is "${TLS_KEY}", which holds no private key in PEM without a passphrase.`,
  );
  if (!parsed.checkPrivateKey(privateKey))
    throw new Error(`TLS_KEY is "${TLS_KEY}", which is not the key of the certificate in TLS_CERT.`);
  parsePem(
    () => createSecureContext({ cert, key }),
    `TLS_CERT is "${TLS_CERT}", which cannot be used with its key.`,
  );
  return { cert, key, expiresAt: Date.parse(parsed.validTo) };
}

function firstOf(cert: Buffer): X509Certificate {
  if (!cert.includes('-----BEGIN CERTIFICATE-----')) throw new Error('not PEM');
  return new X509Certificate(cert);
}

function parsePem<T>(parse: () => T, problem: string): T {
  try {
    return parse();
  } catch (cause) {
    throw new Error(`${problem} (${(cause as Error).message})`, { cause });
  }
}

/**
 * Calls `use` with every new pair that fits; what does not is logged, once, and the pair before it stays. The files
 * are read again and again, since nothing tells reliably of those that are renamed, or reached by links that change.
 *
 * @param current what is in use
 * @returns the off-switch
 */
export function watchCertificate(
  settings: CertificateSettings,
  current: Certificate,
  use: (certificate: Certificate) => void,
  lookEveryMs = LOOK_EVERY_MS,
): () => void {
  let seen = fingerprint(current);
  /** What did not fit at the last look: half of a pair may have been replaced, and the other half follow. */
  let doubtful: string | null = null;
  let isLooking = false;
  let isOver = false;

  async function look(): Promise<void> {
    let found = 'unreadable';
    try {
      const pair = await readPair(settings);
      found = fingerprint(pair);
      if (found === seen) doubtful = null;
      if (found === seen || isOver) return;
      const certificate = checkPair(settings, pair);
      use(certificate);
      log().info({ expires: new Date(certificate.expiresAt).toISOString() }, 'a new certificate is in use');
      seen = found;
    } catch (error) {
      if (found === seen) return;
      if (doubtful === found) {
        log().error({ err: error }, 'the new certificate cannot be used; the one before it stays in use');
        seen = found;
      } else doubtful = found;
    }
  }

  const timer = setInterval(() => {
    if (isLooking) return;
    isLooking = true;
    void look().finally(() => {
      isLooking = false;
    });
  }, lookEveryMs);
  timer.unref();
  return () => {
    isOver = true;
    clearInterval(timer);
  };
}

function fingerprint({ cert, key }: Pair): string {
  return `${cert.toString('latin1')}\0${key.toString('latin1')}`;
}
