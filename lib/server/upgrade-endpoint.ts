import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { RequestHead } from '../api/request-head';
import type { Root } from '../system/root';

/** One path at which a client may go on with another protocol than HTTP, such as WebSocket. */
export interface UpgradeEndpoint {
  readonly path: string;
  /** Called once for a server, before the first upgrade. What its connections share is made here. */
  open(root: Root): UpgradeGate;
}

/**
 * Accepts a client. `Host` and `Origin` of the request have been checked.
 *
 * @returns what takes the connection over
 * @throws PulseError what the client is refused with
 */
export type UpgradeGate = (head: RequestHead) => (connection: UpgradedConnection) => void;

export interface UpgradedConnection {
  readonly request: IncomingMessage;
  /** An error of it ends it. */
  readonly socket: Duplex;
  /** What the client has sent after its request. */
  readonly head: Buffer;
  /** Aborted when the server stops: some seconds later the connection is cut off. */
  readonly signal: AbortSignal;
}
