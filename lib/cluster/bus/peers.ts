import type { BeatMessage } from './message';

interface Peer {
  /** When its last message arrived. */
  seenAt: number;
  /** Its heartbeats come this often, ms. */
  every: number;
  beats: number;
  /** Number of the newest message per metric. */
  numbers: Map<string, number>;
}

/** So many heartbeats may be missing before a peer counts as silent. */
const BEATS_MISSED = 3;

/**
 * The other nodes: which there are, and whether every message of theirs has arrived. Pure: the clock comes in as
 * `now`, ms, monotonic.
 */
export class Peers {
  private readonly peers = new Map<string, Peer>();

  constructor(private readonly goneAfterMs: number) {}

  get size(): number {
    return this.peers.size;
  }

  /** Notes message `number` of a metric. @returns whether one before it is missing. */
  noteSamples(node: string, metric: string, number: number, now: number): boolean {
    const peer = this.peerOf(node, now);
    const before = peer.numbers.get(metric);
    if (before === undefined || number > before) peer.numbers.set(metric, number);
    return before !== undefined && number > before + 1;
  }

  /** Notes a heartbeat. Its numbers are checked with `missing` a moment later: channels have no common order. */
  noteHeartbeat({ n, every, bye }: BeatMessage, now: number): void {
    const peer = this.peerOf(n, now);
    peer.every = every;
    peer.beats++;
    if (bye) this.peers.delete(n);
  }

  /** Whether message `number` of a watched metric has not arrived. A number is reported once. */
  missing(node: string, metric: string, number: number): boolean {
    const numbers = this.peers.get(node)?.numbers;
    const newest = numbers?.get(metric);
    if (newest !== undefined && newest >= number) return false;
    numbers?.set(metric, number);
    return true;
  }

  /** Forgets the numbering of a metric that is not watched any more: a later watch begins anew. */
  forget(metric: string): void {
    for (const { numbers } of this.peers.values()) numbers.delete(metric);
  }

  /** Counts every peer as just seen: during an interruption of our own subscription its heartbeats were lost. */
  restartTimeouts(now: number): void {
    for (const peer of this.peers.values()) peer.seenAt = now;
  }

  /** The peers whose heartbeats are missing. One that is silent for very long has gone, and is forgotten. */
  silent(now: number): string[] {
    const silent: string[] = [];
    for (const [node, { seenAt, every }] of this.peers) {
      const silence = now - seenAt;
      if (silence > this.goneAfterMs) this.peers.delete(node);
      else if (silence > every * BEATS_MISSED) silent.push(node);
    }
    return silent;
  }

  private peerOf(node: string, now: number): Peer {
    let peer = this.peers.get(node);
    if (!peer) {
      peer = { seenAt: now, every: 2_000, beats: 0, numbers: new Map() };
      this.peers.set(node, peer);
    }
    peer.seenAt = now;
    return peer;
  }
}
