import { createConnection } from './connection';
import { createStreamHub, type PortLike } from './stream-hub';

/** The script of the `SharedWorker`: all tabs of this browser, one stream. */
const hub = createStreamHub((listener) =>
  createConnection({ openEventSource: (url) => new EventSource(url), now: Date.now }, listener),
);

(globalThis as { onconnect?: (event: { ports: readonly PortLike[] }) => void }).onconnect = ({ ports }) =>
  hub.join(ports[0]);
