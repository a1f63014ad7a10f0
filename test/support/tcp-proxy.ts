import { connect, createServer, type Socket } from 'node:net';

/** A wire of the test's own between a client and a server, that can be cut. */
export interface TcpProxy {
  readonly port: number;
  /** Connections of clients that are open now. */
  readonly open: number;
  /** Ends every connection and refuses new ones. */
  cut(): void;
  /** Swallows every byte, both ways, without ending anything: a network that drops packets. */
  swallow(): void;
  /** Swallows every byte of the connections that are open now, for ever; new ones work. */
  lose(): void;
  heal(): void;
  /** Where new connections go from now on, as a balancer does that has lost a node. */
  turnTo(port: number): void;
  close(): Promise<void>;
}

export async function startTcpProxy(firstPort: number): Promise<TcpProxy> {
  let mode: 'open' | 'cut' | 'swallow' = 'open';
  let targetPort = firstPort;
  const clients = new Set<Socket>();
  const sockets = new Set<Socket>();
  const lost = new WeakSet<Socket>();
  const server = createServer((client) => {
    if (mode === 'cut') return client.destroy();
    const target = connect(targetPort, '127.0.0.1');
    clients.add(client);
    client.on('close', () => clients.delete(client));
    for (const [from, to] of [
      [client, target],
      [target, client],
    ]) {
      sockets.add(from);
      from.on('data', (data) => {
        if (mode !== 'swallow' && !lost.has(from)) to.write(data);
      });
      from.on('error', () => to.destroy());
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endAll = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: (server.address() as { port: number }).port,
    get open() {
      return clients.size;
    },
    cut() {
      mode = 'cut';
      endAll();
    },
    swallow() {
      mode = 'swallow';
    },
    lose() {
      for (const socket of sockets) lost.add(socket);
    },
    heal() {
      // What was swallowed is lost for these connections; a protocol cannot go on after a hole.
      if (mode === 'swallow') endAll();
      mode = 'open';
    },
    turnTo(port) {
      targetPort = port;
    },
    async close() {
      endAll();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
