import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { generate } from 'selfsigned';

export interface TlsFront {
  readonly port: number;
  /** Connections that came with TLS. */
  readonly encrypted: number;
  close(): Promise<void>;
}

/** A PostgreSQL server's offer of TLS, before one that makes none. */
export async function startTlsFront(targetPort: number): Promise<TlsFront> {
  // Nobody else has signed it.
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'localhost' }]);
  let encrypted = 0;
  const sockets = new Set<Socket>();
  const server = createServer(async (client) => {
    sockets.add(client);
    client.on('error', () => client.destroy());
    // The request is eight bytes and says nothing else.
    await once(client, 'data');
    client.write('S');
    encrypted++;
    const inside = new TLSSocket(client, { isServer: true, cert, key });
    const target = connect(targetPort, '127.0.0.1');
    inside.on('error', () => target.destroy());
    target.on('error', () => client.destroy());
    inside.pipe(target).pipe(inside);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as { port: number }).port,
    get encrypted() {
      return encrypted;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
