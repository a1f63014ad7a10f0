import { createConnection } from './connection';
import { createExchange, type PortLike } from './exchange';

/** The script of the `SharedWorker`: all tabs of this browser, one stream. */
const exchange = createExchange((hear) =>
  createConnection({ openEventSource: (url) => new EventSource(url), now: Date.now }, hear),
);

(globalThis as { onconnect?: (event: { ports: readonly PortLike[] }) => void }).onconnect = ({ ports }) =>
  exchange.join(ports[0]);
