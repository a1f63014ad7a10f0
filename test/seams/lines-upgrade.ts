import { openIngestSession } from '@/lib/api/ingest/session';
import { headerIn } from '@/lib/api/request-head';
import type { UpgradeEndpoint } from '@/lib/server/upgrade-endpoint';
import { serveLines } from './lines';

/** An upgrade in small: the same lines over what was an HTTP connection. A WebSocket library would stand here. */
export const linesUpgrade: UpgradeEndpoint = {
  path: '/api/lines',
  open: (root) => (requestHead) => {
    const key = root.auth.senders.authorizeBearer(headerIn(requestHead, 'authorization'));
    const session = openIngestSession(root, { key, address: requestHead.address, protocol: null });
    return ({ socket, head, signal }) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: lines\r\n\r\n');
      socket.unshift(head);
      signal.addEventListener('abort', () => socket.end('bye\n'));
      serveLines(socket, session, root.limits.bodies).catch(() => socket.destroy());
    };
  },
};
