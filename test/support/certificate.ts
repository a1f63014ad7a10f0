import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generate } from 'selfsigned';

export interface CertificateFiles {
  folder: string;
  TLS_CERT: string;
  TLS_KEY: string;
}

/** A new certificate for localhost, signed by nobody else, with its key; both PEM. */
export async function makeCertificate(
  commonName = 'localhost',
  notAfterDate?: Date,
): Promise<{ cert: string; key: string }> {
  const { cert, private: key } = await generate([{ name: 'commonName', value: commonName }], {
    keyType: 'ec',
    notAfterDate,
  });
  return { cert, key };
}

/** The same in files, which go with this process. */
export async function writeCertificate(commonName?: string): Promise<CertificateFiles> {
  const { cert, key } = await makeCertificate(commonName);
  const folder = mkdtempSync(join(tmpdir(), 'pulseboard-tls-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const [TLS_CERT, TLS_KEY] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  writeFileSync(TLS_CERT, cert);
  writeFileSync(TLS_KEY, key);
  return { folder, TLS_CERT, TLS_KEY };
}
