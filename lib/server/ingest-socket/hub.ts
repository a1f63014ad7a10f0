import { WebSocketServer } from 'ws';
import type { HeldBodies } from '../../access/limit/held-body';
import { toPulseError } from '../../api/http';
import { readPrecision } from '../../api/ingest/json';
import { openIngestSession } from '../../api/ingest/session';
import { headerIn, type RequestHead } from '../../api/request-head';
import { PulseError } from '../../model/errors';
import { SECOND } from '../../model/time/duration';
import type { Figures } from '../../observe/figures';
import { requestIdFrom } from '../../observe/request-id';
import type { Root } from '../../system/root';
import type { ClientName } from '../../write/clients/clients';
import { FrameInflater } from '../../write/ingest/frame-inflater';
import { refuseUpgrade } from '../refuse-upgrade';
import type { UpgradedConnection } from '../upgrade-endpoint';
import { Coalescer } from './coalescer';
import { type ConnectionHost, IngestConnection, type Peer } from './connection';

/** While this share of the write queue is taken, connections are not read: they wait rather than be refused. */
const FULL_SHARE = 0.5;
/** How often connections that wait for the database are asked again. */
const WAIT_MS = 100;
const LOOK_MS = SECOND;
const CLOSE_MS = 5 * SECOND;
const RETRY_AFTER_MS = 5 * SECOND;

/** What a frame may be made of: senders send each in one fragment, which arrives in a few chunks. */
const MOST_PARTS = { maxFragments: 1_024, maxBufferedChunks: 16_384 };
/** The library has 32 bits for it, and takes 0 for no limit. */
const PAYLOAD_BYTES = { least: 1, most: 2 ** 30 };

/** All connections of a server, with one timer for all. */
export class IngestHub implements ConnectionHost {
  readonly figures: Figures;
  readonly bodies: HeldBodies;
  readonly inflater: FrameInflater;
  private readonly server: WebSocketServer;
  private readonly connections = new Set<IngestConnection>();
  private readonly waiting = new Set<IngestConnection>();
  private readonly flushes = new Coalescer<IngestConnection>((connection) => connection.flush());
  private readonly advances = new Coalescer<IngestConnection>((connection) => connection.advance());
  private timer: NodeJS.Timeout | undefined;
  private lookedAt = 0;

  constructor(private readonly root: Root) {
    const { figures, limits, settings, drain } = root;
    this.figures = figures;
    this.bodies = limits.bodies;
    this.inflater = new FrameInflater(settings.MAX_BODY_BYTES);
    const options = {
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: Math.min(PAYLOAD_BYTES.most, Math.max(PAYLOAD_BYTES.least, settings.MAX_BODY_BYTES)),
      closeTimeout: CLOSE_MS,
      handleProtocols: () => false as const,
      ...MOST_PARTS,
    };
    this.server = new WebSocketServer(options)
      .on('headers', (headers, { headers: asked }) =>
        headers.push(`X-Request-Id: ${requestIdFrom(asked['x-request-id'])}`),
      )
      .on('wsClientError', ({ message }, socket, { headers }) =>
        refuseUpgrade(socket, new PulseError('bad_request', `${message}.`), headers['x-request-id']),
      );
    drain.signal.addEventListener('abort', () => {
      for (const connection of this.connections) connection.stop();
    });
  }

  /**
   * Lets a sender in, for as long as it stays.
   * @throws PulseError `upgrade_required`, `bad_parameter`, `unauthorized`, `forbidden`, `database_unavailable`,
   *   `too_many_connections`
   */
  admit(head: RequestHead): (connection: UpgradedConnection) => void {
    const client: ClientName = { protocol: 'websocket', userAgent: headerIn(head, 'user-agent') };
    try {
      return this.letIn(head, client);
    } catch (thrown) {
      this.root.clients.noteRefused(client, toPulseError(thrown));
      throw thrown;
    }
  }

  hasRoom(connection: IngestConnection): boolean {
    const { startup } = this.root;
    if (startup.phase !== 'ready') return true;
    const { rowsWaiting, rowsInFlight, maxRows } = startup.system.pipeline.figures;
    if (rowsWaiting + rowsInFlight < maxRows * FULL_SHARE) return true;
    this.waiting.add(connection);
    return false;
  }

  flushSoon(connection: IngestConnection): void {
    this.flushes.add(connection);
  }

  private letIn(head: RequestHead, client: ClientName): (connection: UpgradedConnection) => void {
    const { root } = this;
    requireWebSocket(head);
    const precision = readPrecision(head.search);
    const key = root.auth.senders.authorizeBearer(headerIn(head, 'authorization'));
    // Refused while the server starts, so that its sender looks for another one.
    root.ready();
    this.requireRoom();
    const { address } = head;
    const release = root.limits.connections.admit(address);
    const session = openIngestSession(root, { key, address, ...client });
    const noteRefused = ({ code, message }: PulseError) =>
      root.clients.noteRefused(client, { code, message });
    return ({ request, socket, head: first }) => {
      socket.once('close', release);
      this.server.handleUpgrade(request, socket, first, (ws) =>
        this.add({ ws, socket, session, precision, noteRefused }),
      );
    };
  }

  private requireRoom(): void {
    const { MAX_INGEST_CONNECTIONS } = this.root.settings;
    if (this.connections.size < MAX_INGEST_CONNECTIONS) return;
    const message = `This server has ${MAX_INGEST_CONNECTIONS} ingest connections, as many as it may.`;
    throw new PulseError('too_many_connections', message, { retryAfterMs: RETRY_AFTER_MS });
  }

  private add(peer: Peer): void {
    const connection = new IngestConnection(this, peer, performance.now());
    this.connections.add(connection);
    this.figures.connections.value++;
    this.timer ??= setInterval(() => this.tick(), WAIT_MS).unref();
    peer.ws.on('close', () => this.remove(connection));
  }

  private remove(connection: IngestConnection): void {
    connection.end();
    this.connections.delete(connection);
    this.waiting.delete(connection);
    this.figures.connections.value--;
    if (this.connections.size > 0) return;
    clearInterval(this.timer);
    this.timer = undefined;
  }

  private tick(): void {
    for (const connection of this.waiting) this.advances.add(connection);
    this.waiting.clear();
    const now = performance.now();
    if (now - this.lookedAt < LOOK_MS) return;
    this.lookedAt = now;
    for (const connection of this.connections) connection.look(now);
  }
}

/** RFC 6455, 4.2.1; the rest of its handshake the library looks at. */
function requireWebSocket(head: RequestHead): void {
  const isWebSocket = headerIn(head, 'upgrade')?.toLowerCase() === 'websocket';
  if (isWebSocket && headerIn(head, 'sec-websocket-version') === '13') return;
  throw new PulseError('upgrade_required', 'This path speaks WebSocket, version 13 (RFC 6455).');
}
