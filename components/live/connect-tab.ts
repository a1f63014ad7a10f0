import { type Connection, createConnection, type StreamListener } from './connection';
import { createSharedConnection } from './shared-connection';

/** This tab's way to the stream: shared with the other tabs where connections are few, else its own. */
export function connectTab(listener: StreamListener): Connection {
  if (!connectionsAreFew() || typeof SharedWorker === 'undefined') return connectAlone(listener);
  try {
    const worker = new SharedWorker(new URL('./stream-worker.ts', import.meta.url), {
      name: 'pulseboard-stream',
    });
    const shared = createSharedConnection(worker.port, listener, connectAlone);
    worker.addEventListener('error', () => shared.fallBack());
    return shared;
  } catch (error) {
    // A browser may forbid workers on this origin; then tabs do not share a stream.
    console.warn('No shared stream', error);
    return connectAlone(listener);
  }
}

function connectAlone(listener: StreamListener): Connection {
  return createConnection({ openEventSource: (url) => new EventSource(url), now: Date.now }, listener);
}

/** Over HTTP/2 and later all streams share one connection anyway. */
function connectionsAreFew(): boolean {
  const [navigation] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[];
  return !/^h[23]/.test(navigation?.nextHopProtocol ?? '');
}
