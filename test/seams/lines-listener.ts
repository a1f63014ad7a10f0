import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { toPulseError } from '@/lib/api/http';
import { openIngestSession } from '@/lib/api/ingest/session';
import type { Listener } from '@/lib/server/listener';
import type { Root } from '@/lib/system/root';
import { serveLines } from './lines';

/** A listener in small: lines over TCP, after a first one with the key. */
export const linesListener: Listener = {
  name: 'lines',
  async start(root) {
    const connections = new Set<Socket>();
    const server = createServer((socket) => {
      connections.add(socket);
      socket.on('close', () => connections.delete(socket)).on('error', () => socket.destroy());
      serve(root, socket).catch(() => socket.destroy());
    });
    server.listen(Number(process.env.LINES_PORT), root.settings.HOST);
    await once(server, 'listening');
    return async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      // What has been read is answered; nothing more is.
      for (const socket of connections) socket.end('bye\n', () => socket.destroySoon());
      await closed;
    };
  },
};

async function serve(root: Root, socket: Socket): Promise<void> {
  const [first] = (await once(socket, 'data')) as [Buffer];
  socket.pause();
  const at = first.indexOf('\n');
  socket.unshift(first.subarray(at + 1));
  try {
    const key = root.auth.senders.authorizeKey(first.toString('utf8', 0, at).trim(), 'it is the first line.');
    const session = openIngestSession(root, { key, address: socket.remoteAddress ?? '', protocol: null });
    await serveLines(socket, session, root.limits.bodies);
  } catch (error) {
    socket.end(`error ${toPulseError(error).code}\n`);
  }
}
