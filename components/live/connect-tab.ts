import { type Connection, createConnection, type Hear } from './connection';
import { createSharedConnection } from './shared-connection';

/** This tab's way to the stream: shared with the other tabs where connections are few, else its own. */
export function connectTab(hear: Hear): Connection {
  if (!connectionsAreFew() || typeof SharedWorker === 'undefined') return connectAlone(hear);
  try {
    const worker = new SharedWorker(new URL('./stream-worker.ts', import.meta.url), {
      name: 'pulseboard-stream',
    });
    const shared = createSharedConnection(worker.port, hear, connectAlone);
    worker.addEventListener('error', () => shared.giveUp());
    return shared;
  } catch (error) {
    // A browser may forbid workers on this origin; that costs the sharing only.
    console.warn('No shared stream', error);
    return connectAlone(hear);
  }
}

function connectAlone(hear: Hear): Connection {
  return createConnection({ openEventSource: (url) => new EventSource(url), now: Date.now }, hear);
}

/** Over HTTP/2 and later all streams share one connection anyway. */
function connectionsAreFew(): boolean {
  const [navigation] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[];
  return !/^h[23]/.test(navigation?.nextHopProtocol ?? '');
}
