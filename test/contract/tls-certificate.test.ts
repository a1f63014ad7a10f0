import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { renameSync, writeFileSync } from 'node:fs';
import { connect } from 'node:tls';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeCertificate, writeCertificate } from '../support/certificate';
import { createTestDatabase, type TestDatabase } from '../support/postgres';
import { freePort, until } from '../support/processes';
import { launch, startServer } from '../support/server-process';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

/** As tools that renew certificates do: nobody sees half of a file. */
function replace(file: string, text: string): void {
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}

/** Of the certificate that a new connection is shown. */
async function subjectShown(port: number): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  const { raw } = socket.getPeerCertificate();
  socket.destroy();
  return new X509Certificate(raw).subject;
}

test('a certificate that is replaced is used, and a pair that does not fit is logged and is not', async () => {
  const { TLS_CERT, TLS_KEY } = await writeCertificate('first');
  const port = await freePort();
  const env = { DATABASE_URL: database.url, TLS_CERT, TLS_KEY, TLS_PORT: String(port) };
  const server = await startServer('server.ts', env);
  try {
    expect(await subjectShown(port)).toBe('CN=first');

    const second = await makeCertificate('second');
    replace(TLS_CERT, second.cert);
    replace(TLS_KEY, second.key);
    await until(async () => expect(await subjectShown(port)).toBe('CN=second'));

    replace(TLS_CERT, (await makeCertificate('third')).cert);
    await until(() => expect(server.output()).toContain('the new certificate cannot be used'));
    expect(server.output()).toContain('which is not the key of the certificate in TLS_CERT');
    expect(await subjectShown(port)).toBe('CN=second');

    const fourth = await makeCertificate('fourth');
    replace(TLS_KEY, fourth.key);
    replace(TLS_CERT, fourth.cert);
    await until(async () => expect(await subjectShown(port)).toBe('CN=fourth'));
  } finally {
    await server.stop();
  }
}, 120_000);

test.each(['TLS_CERT', 'TLS_KEY'] as const)(
  'a broken %s stops the start, and is named',
  async (name) => {
    const files = await writeCertificate();
    writeFileSync(files[name], 'nothing of the kind');
    const server = launch('server.ts', {
      DATABASE_URL: database.url,
      PORT: String(await freePort()),
      TLS_CERT: files.TLS_CERT,
      TLS_KEY: files.TLS_KEY,
      TLS_PORT: String(await freePort()),
    });
    expect(await server.exited).toBe(1);
    expect(server.output()).toContain(`${name} is "${files[name]}", which holds no`);
  },
  60_000,
);
