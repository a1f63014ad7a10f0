import { log } from '../observe/log';
import { type Connection, serversOf } from './connection';
import type { Address } from './dial';
import { Pulse } from './pulse';
import { codeOf, translate } from './trouble';

/**
 * Refusals of a connection for what it asks to have set. Poolers know few settings: PgBouncer says 08P01 ("unsupported
 * startup parameter"), others that they do not support it; a server says that it does not know one, or not its value.
 */
const REFUSES_SETTINGS = ['08P01', '0A000', '42704', '22023'];

/** One database as our sessions see it: the primary, or a replica for reads. */
export class Endpoint {
  /** Whether a connection may bring settings of its own. */
  takesSettings = true;
  /** In the order they are to be tried. */
  readonly servers: readonly Address[];
  readonly pulse: Pulse;

  constructor(
    readonly name: string,
    readonly connection: Connection,
  ) {
    this.servers = serversOf(connection);
    this.pulse = new Pulse(this);
  }

  /** Resolves while it answers. @throws PulseError `database_unavailable` */
  async ping(): Promise<void> {
    try {
      await this.pulse.ping();
    } catch (error) {
      throw translate(error, 'write');
    }
  }

  /** Notes it when a connection failed for its settings: whether it is worth trying without. */
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
