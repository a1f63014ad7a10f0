import { createSocket } from 'node:dgram';
import { readFile } from 'node:fs/promises';
import { isIPv6 } from 'node:net';
import { log } from '../../observe/log';
import { refusedPort } from '../listen';

/** What the system may keep of packets that were not read yet, as far as it lets us. */
const RECEIVE_BYTES = 4 * 2 ** 20;
/** The longest burst that is waited for at the end, in turns of the event loop of some thirty packets each. */
const MOST_TURNS = 1_000;

export interface Packets {
  /** Of those that came and were not read in time; null where the system does not say. */
  dropped(): Promise<number | null>;
  /** Takes what has come, then no more. */
  close(): Promise<void>;
}

/**
 * Listens for packets.
 * @throws Error with a sentence for people when it cannot listen
 */
export async function listenForPackets(
  host: string,
  port: number,
  take: (packet: Buffer) => void,
): Promise<Packets> {
  const socket = createSocket({ type: isIPv6(host) ? 'udp6' : 'udp4', recvBufferSize: RECEIVE_BYTES });
  await new Promise<void>((resolve, reject) => {
    socket.once('error', (error) => reject(refusedPort(error, host, port, 'STATSD_PORT')));
    socket.bind(port, host, resolve);
  });
  let packets = 0;
  socket.removeAllListeners('error').on('error', (error) => log().error({ err: error }, 'UDP'));
  socket.on('message', (packet) => {
    packets++;
    take(packet);
  });
  return {
    dropped: () => droppedAt(port),
    async close() {
      for (let turn = 0, before = -1; packets !== before && turn < MOST_TURNS; turn++) {
        before = packets;
        // The second of two turns begins after the sockets were looked at.
        for (let i = 0; i < 2; i++) await new Promise((resolve) => setImmediate(resolve));
      }
      await new Promise<void>((resolve) => socket.close(resolve));
    },
  };
}

/** The last column of the kernel's lists of sockets (proc(5)). */
async function droppedAt(port: number): Promise<number | null> {
  const local = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  // Paths that are made at run time would make Next.js pack the whole project.
  const lists = await Promise.all([
    readFile('/proc/net/udp', 'utf8').catch(() => ''),
    readFile('/proc/net/udp6', 'utf8').catch(() => ''),
  ]);
  const sockets = lists.flatMap((list) => list.split('\n').slice(1)).map((line) => line.trim().split(/\s+/));
  const dropped = sockets
    .filter(([, address]) => address?.endsWith(local))
    .map((columns) => Number(columns.at(-1)));
  return dropped.length === 0 ? null : dropped.reduce((sum, each) => sum + each, 0);
}
