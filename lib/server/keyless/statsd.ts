import { isUtf8 } from 'node:buffer';
import { hostname } from 'node:os';
import { openIngestSession } from '../../api/ingest/session';
import { SECOND } from '../../model/time/duration';
import type { StatsdFigures } from '../../observe/figures';
import { log } from '../../observe/log';
import type { Root } from '../../system/root';
import type { ClientName, Reason } from '../../write/clients/clients';
import { readLines } from '../../write/ingest/lines';
import type { IncomingSample } from '../../write/ingest/sample';
import type { Refused } from '../../write/ingest/statsd/line';
import { StatsdWindow } from '../../write/ingest/statsd/window';
import type { Listener } from '../listener';
import { listenForLines } from './connections';
import { giveUpAfterStop, warnOfReach } from './give-up';
import { listenForPackets, type Packets } from './packets';
import { writeInPortions } from './write-patiently';

const FLUSH_MS = SECOND;
const LOOK_AT_DROPPED_MS = 5 * SECOND;
const MOST_LINE_BYTES = 8_192;

const CLIENT: ClientName = { protocol: 'statsd' };
/** Why a line does not count, for people. */
const REASONS: Record<Refused, string> = {
  malformed: 'A line was not of the form "name:value|type", was longer than 8 KiB, or was not UTF-8.',
  unsupported: 'A line was of a type that is not supported: events, service checks, unknown ones.',
  negative: 'A counter was changed by less than zero; what goes down is a gauge.',
  full: 'There is no room for more series.',
};

/** StatsD over UDP and TCP, on one port. */
export const statsdListener: Listener = {
  name: 'StatsD',
  async start(root) {
    const { STATSD_PORT: port, KEYLESS_HOST: host } = root.settings;
    if (!port) return null;
    const statsd = new Statsd(root, `${hostname()}:${port}`);
    const packets = await listenForPackets(host, port, (packet) => statsd.take(packet));
    const { figures, limits } = root;
    const take = async (pieces: AsyncIterable<Uint8Array>) => {
      for await (const lines of readLines(pieces, MOST_LINE_BYTES, limits.bodies))
        for (const { bytes } of lines) statsd.take(bytes);
    };
    const closeConnections = await listenForLines({ host, port, name: 'STATSD_PORT', figures, take }).catch(
      async (error) => {
        await packets.close();
        throw error;
      },
    );
    warnOfReach('StatsD', host, port);
    statsd.start(packets);
    return async () => {
      await Promise.all([packets.close(), closeConnections()]);
      await statsd.stop();
    };
  },
};

/**
 * Writes what a window has summed up once a second. While the last one cannot be written the window stays open, so what
 * is held does not grow, and counts are not lost.
 */
class Statsd implements StatsdFigures {
  droppedPackets: number | null = null;
  private readonly window: StatsdWindow;
  private readonly giveUp = giveUpAfterStop();
  private writing: Promise<void> | undefined;
  /** Of a line since the last look: many may come, and people are told once. */
  private refused: Refused | null = null;
  private timers: NodeJS.Timeout[] = [];

  constructor(
    private readonly root: Root,
    instance: string,
  ) {
    this.window = new StatsdWindow(instance, Date.now(), (result) => this.count(result));
  }

  get series(): number {
    return this.window.series;
  }

  get heldBytes(): number {
    return this.window.heldBytes;
  }

  start(packets: Packets): void {
    this.root.figures.statsd.open = this;
    const look = async () => {
      this.droppedPackets = await packets.dropped();
    };
    void look();
    this.timers = [setInterval(() => this.flush(), FLUSH_MS), setInterval(look, LOOK_AT_DROPPED_MS)];
  }

  /** @param bytes a packet, or a line; null for a line that was too long */
  take(bytes: Buffer | null): void {
    if (!bytes || !isUtf8(bytes)) this.count('malformed');
    else for (const line of bytes.toString('utf8').split('\n')) this.takeLine(line.trim());
  }

  /** Writes what is left. Nothing is taken any more when this is called. */
  async stop(): Promise<void> {
    for (const timer of this.timers) clearInterval(timer);
    this.giveUp.begin();
    await this.writing;
    this.flush();
    await this.writing;
    this.root.figures.statsd.open = null;
  }

  private takeLine(line: string): void {
    if (line.length <= MOST_LINE_BYTES) this.window.add(line);
    else this.count('malformed');
  }

  private count(result: Refused | 'taken'): void {
    this.root.figures.statsdLines.add(result);
    if (result !== 'taken') this.refused = result;
  }

  private flush(): void {
    if (this.refused) this.noteRefused({ code: this.refused, message: REASONS[this.refused] });
    this.refused = null;
    if (this.writing) return;
    this.writing = this.write(this.window.end(Date.now())).finally(() => {
      this.writing = undefined;
    });
  }

  private async write(portions: Iterable<IncomingSample[]>): Promise<void> {
    const session = openIngestSession(this.root, { key: null, address: 'statsd', ...CLIENT });
    const noteRefused = (reason: Reason) => this.noteRefused(reason);
    const lost = await writeInPortions(session, portions, this.giveUp.signal, noteRefused);
    if (lost === 0) return;
    this.root.figures.keylessLost.add('statsd', lost);
    log().warn({ samples: lost }, 'samples of StatsD could not be stored');
  }

  private noteRefused(reason: Reason): void {
    this.root.clients.noteRefused(CLIENT, reason);
  }
}
