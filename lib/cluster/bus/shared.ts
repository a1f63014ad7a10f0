import { randomBytes } from 'node:crypto';
import type { SampleColumns } from '../../model/samples';
import type { Series } from '../../model/series';
import { HOUR, SECOND } from '../../model/time/duration';
import { log } from '../../observe/log';
import type { Bus, BusFigures, BusState, DisconnectReason } from './bus';
import {
  type BeatMessage,
  BUS_VERSION,
  decodeMessage,
  encodeMessage,
  fromDeltas,
  type SamplesMessage,
} from './message';
import { MetricWatches } from './metric-watches';
import { Outbox } from './outbox';
import { Peers } from './peers';
import { PING, type Transport } from './transport';

export interface SharedBusOptions {
  transport: Transport;
  series: SeriesDirectory;
  /** Called with what another node has committed, before this node's listeners are. */
  onReceived(samples: SampleColumns): void;
  /** Channels begin with this; nodes of one database share it. */
  prefix?: string;
  /** Batches of one metric are this far apart at least, ms. */
  batchMs?: number;
  /** Heartbeats are this far apart, ms. */
  beatMs?: number;
  /** A node without a heartbeat for this long is forgotten, ms. */
  goneAfterMs?: number;
}

/** Series by the database's id. Another node may have created one that this node does not know yet. */
export interface SeriesDirectory {
  byId(id: number): Series | undefined;
  /** The highest id known here. */
  readonly highestId: number;
  /** Reads from the database what was created since. */
  learn(): Promise<void>;
}

/**
 * The bus of several nodes, over any transport. Every node subscribes to the channel of heartbeats; to the channel of
 * a metric only while somebody here watches it. A metric counts as connected only while four things hold: its channel
 * is up, this node's own heartbeats come back, no other node's are missing, and none is of a version unknown here.
 */
export function createSharedBus(options: SharedBusOptions): Bus {
  const { transport, series, onReceived } = options;
  const { prefix = 'pulseboard', batchMs = 100, beatMs = 2 * SECOND, goneAfterMs = HOUR } = options;
  const node = randomBytes(9).toString('base64url');
  const beatsChannel = `${prefix}:beats`;
  const channelOf = (metric: string) => `${prefix}:samples:${metric}`;

  const listeners = new Set<(samples: SampleColumns) => void>();
  const stateListeners = new Set<(state: BusState) => void>();
  const timers = new Set<NodeJS.Timeout>();
  const peers = new Peers(goneAfterMs);
  const outbox = new Outbox({ node, transport, batchMs, channelOf });
  const watches = new MetricWatches({
    transport,
    channelOf,
    receive: receiveSamples,
    onUnwatched: (metric) => peers.forget(metric),
    state: () => state,
  });
  const received = { messagesReceived: 0, messagesNewer: 0, messagesInvalid: 0 };
  let state: BusState = { up: false, reason: 'redis_unreachable', lagMs: null };
  let lastEcho = Number.NEGATIVE_INFINITY;
  let newerVersionUntil = 0;
  let closed = false;

  const unfollowBeats = transport.follow(beatsChannel, {
    message: receiveHeartbeat,
    up: () => void sendHeartbeat(),
    down: () => {
      lastEcho = Number.NEGATIVE_INFINITY;
      updateState();
    },
  });
  const heartbeats = setInterval(() => void sendHeartbeat(), beatMs);

  function publishLocally(samples: SampleColumns): void {
    for (const listener of listeners) listener(samples);
  }

  async function sendHeartbeat(bye = false): Promise<void> {
    updateState();
    const text = encodeMessage({
      v: BUS_VERSION,
      n: node,
      k: 'beat',
      at: performance.now(),
      every: beatMs,
      sent: outbox.takeNumbers(),
      top: series.highestId,
      bye,
    });
    await transport.send([{ channel: beatsChannel, text }]).catch(() => {
      // The echo of this heartbeat will be missing, and that is what marks the bus as down.
    });
  }

  function receiveHeartbeat(text: string): void {
    const message = read(text);
    if (message?.k !== 'beat') return;
    const now = performance.now();
    if (message.n === node) {
      // The first echo after an interruption: heartbeats of other nodes were lost meanwhile, too.
      if (!state.up) peers.restartTimeouts(now);
      lastEcho = now;
      state = { ...state, lagMs: now - message.at };
    } else {
      later(() => detectGaps(message), Math.min(SECOND, beatMs));
      peers.noteHeartbeat(message, now);
      if (message.top > series.highestId) void learn();
    }
    updateState();
  }

  /** Compares what a peer has sent, by its heartbeat, with what has arrived. */
  function detectGaps({ n, sent }: BeatMessage): void {
    for (const metric of watches.names) {
      const number = sent[metric];
      if (number !== undefined && peers.missing(n, metric, number)) watches.reportGap(metric);
    }
  }

  function receiveSamples(text: string): void {
    const message = read(text);
    if (message?.k !== 'samples' || message.n === node) return;
    if (!watches.has(message.m)) return;
    const isGap = peers.noteSamples(message.n, message.m, message.s, performance.now());
    const samples = resolve(message);
    if (samples) deliver(samples);
    else void learn().then(() => deliverLearned(message));
    if (isGap) watches.reportGap(message.m);
  }

  function read(text: string) {
    if (text === PING) return null;
    received.messagesReceived++;
    const decoded = decodeMessage(text);
    if (decoded.kind === 'message') return decoded.message;
    if (decoded.kind === 'newer') {
      received.messagesNewer++;
      // What that node commits cannot be read here, so nothing counts as connected while it sends.
      newerVersionUntil = performance.now() + 10 * beatMs;
      updateState();
    } else {
      received.messagesInvalid++;
    }
    return null;
  }

  function deliver(samples: SampleColumns): void {
    onReceived(samples);
    publishLocally(samples);
  }

  /** Message → samples; null when it names a series this node does not know yet. */
  function resolve({ i, t, x }: SamplesMessage): SampleColumns | null {
    const found: Series[] = [];
    for (const id of i) {
      const each = series.byId(id);
      if (!each) return null;
      found.push(each);
    }
    return { series: found, timestamps: fromDeltas(t), values: x };
  }

  function deliverLearned(message: SamplesMessage): void {
    const samples = resolve(message);
    if (samples) deliver(samples);
    else watches.reportGap(message.m);
  }

  async function learn(): Promise<void> {
    await series
      .learn()
      .catch((error) => log().warn({ err: error }, 'new series of other nodes not read yet'));
  }

  function disconnectReason(now: number): DisconnectReason | null {
    if (now - lastEcho > 3 * beatMs) return 'redis_unreachable';
    if (now < newerVersionUntil) return 'newer_version';
    return peers.silent(now).length > 0 ? 'node_silent' : null;
  }

  /** Brings the state up to date, and notifies listeners and watchers of a change. */
  function updateState(): void {
    if (closed) return;
    const reason = disconnectReason(performance.now());
    if (reason !== state.reason || state.up !== (reason === null)) {
      state = { ...state, up: reason === null, reason };
      if (reason) log().warn({ bus: transport.kind, reason }, 'commits of other nodes may be missed');
      else log().info({ bus: transport.kind }, 'commits of other nodes are received');
      for (const listener of stateListeners) listener(state);
    }
    watches.update();
  }

  function later(work: () => void, ms: number): void {
    const timer = setTimeout(() => {
      timers.delete(timer);
      work();
    }, ms);
    timers.add(timer);
  }

  return {
    samples: {
      publish(samples) {
        outbox.put(samples);
        publishLocally(samples);
      },
      publishLocally,
      subscribe(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
    watch: (metric, watcher) => watches.watch(metric, watcher),
    status: {
      kind: transport.kind,
      shared: true,
      get state() {
        return state;
      },
      get figures(): BusFigures {
        return {
          ...outbox.figures,
          ...received,
          gaps: watches.gaps,
          metricsWatched: watches.size,
          peers: peers.size,
        };
      },
      onState(listener) {
        stateListeners.add(listener);
        return () => stateListeners.delete(listener);
      },
    },
    async close() {
      if (closed) return;
      clearInterval(heartbeats);
      await outbox.flush();
      await sendHeartbeat(true);
      closed = true;
      for (const timer of timers) clearTimeout(timer);
      watches.close();
      unfollowBeats();
      listeners.clear();
      stateListeners.clear();
      await transport.close();
    },
  };
}
