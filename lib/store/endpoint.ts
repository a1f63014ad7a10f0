import { log } from '../observe/log';
import { type Connection, serversOf } from './connection';
import { codeOf, toPulseError } from './pg-errors';
import type { Address } from './socket';
import { Watchdog } from './watchdog';

/**
 * Refusals of a connection for what it asks to have set. Poolers know few settings: PgBouncer says 08P01 ("unsupported
 * startup parameter"), others that they do not support it; a server says that it does not know one, or not its value.
 */
const REFUSES_SETTINGS = ['08P01', '0A000', '42704', '22023'];

/** One database that sessions connect to: the primary, or a replica for reads. */
export class Endpoint {
  /** Whether the server accepts settings with a connection. */
  takesSettings = true;
  /** In the order they are to be tried. */
  readonly servers: readonly Address[];
  readonly watchdog: Watchdog;

  constructor(
    readonly name: string,
    readonly connection: Connection,
  ) {
    this.servers = serversOf(connection);
    this.watchdog = new Watchdog(this);
  }

  /** Resolves while it answers. @throws PulseError `database_unavailable` */
  async ping(): Promise<void> {
    try {
      await this.watchdog.ping();
    } catch (error) {
      throw toPulseError(error, 'write');
    }
  }

  /** Whether a connection failed because of its settings. If so, later ones are made without. */
  refusesSettings(error: unknown): boolean {
    if (!REFUSES_SETTINGS.includes(codeOf(error))) return false;
    if (this.takesSettings)
      log().warn(
        { database: this.name, reason: (error as Error).message },
        'connections may not bring their settings (is this a pooler?): see docs/storage.md, "Through a pooler"',
      );
    this.takesSettings = false;
    return true;
  }
}
