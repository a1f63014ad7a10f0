import type { RedisCommands } from '../../cluster/redis/commands';
import type { Env } from '../../env';
import type { Reclaim } from '../../runtime/reclaim';
import { ConnectionLimit } from './connections';
import { HeldBodies } from './held-body';
import { IngestLimit } from './ingest-limit';
import { UnsentBodies } from './unsent';

/** How much of a server one client may use: a row for each limit that is kept over several requests. */
export class Limits {
  /** Write requests a minute of one sender. */
  readonly ingest: IngestLimit;
  /** Live streams of one address. */
  readonly streams: ConnectionLimit;
  /** Ingest connections of one address. */
  readonly connections: ConnectionLimit;
  /** Memory of bodies that are arriving. */
  readonly bodies: HeldBodies;
  /** Memory of large answers that wait for their readers. */
  readonly unsent: UnsentBodies;

  constructor(settings: Env, redis: RedisCommands | null, reclaim: Reclaim) {
    this.ingest = new IngestLimit(settings, redis);
    this.streams = new ConnectionLimit(settings.MAX_STREAMS_PER_ADDRESS, 'streams');
    this.connections = new ConnectionLimit(settings.MAX_INGEST_CONNECTIONS_PER_ADDRESS, 'connections');
    this.bodies = new HeldBodies(reclaim);
    this.unsent = new UnsentBodies(reclaim);
  }

  close(): void {
    this.ingest.close();
  }
}
