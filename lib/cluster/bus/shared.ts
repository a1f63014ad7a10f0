import { randomBytes } from 'node:crypto';
import type { SampleColumns } from '../../model/samples';
import type { Metric, Series } from '../../model/series';
import { HOUR, SECOND } from '../../model/time/duration';
import { log } from '../../observe/log';
import type { Bus, BusFigures, BusState, BusTrouble, BusWatcher } from './bus';
import {
  type BeatMessage,
  BUS_VERSION,
  decodeMessage,
  encodeMessage,
  fromDeltas,
  type SamplesMessage,
} from './message';
import { Outbox } from './outbox';
import { Peers } from './peers';
import { PING, type Transport } from './transport';

export interface SharedBusOptions {
  transport: Transport;
  series: SeriesDirectory;
  /** Takes in what another node has committed, before this node's listeners hear of it. */
  takeIn(samples: SampleColumns): void;
  /** Channels begin with this; nodes of one database share it. */
  prefix?: string;
  /** Batches of one metric are this far apart at least, ms. */
  batchMs?: number;
  /** Signs of life are this far apart, ms. */
  beatMs?: number;
  /** A silent node is taken for gone after this long, ms. */
  goneAfterMs?: number;
}

/** Series by the database's id. Another node may have created one that this node has not met. */
export interface SeriesDirectory {
  byId(id: number): Series | undefined;
  /** The highest id known here. */
  readonly highestId: number;
  /** Reads from the database what was created since. */
  learn(): Promise<void>;
}

interface Watch {
  watchers: Set<BusWatcher>;
  channelUp: boolean;
  /** Whether the watchers were last told that they hear. */
  hears: boolean;
  unfollow(): void;
}

/**
 * The bus of several nodes, over any transport. Every node follows the channel of beats; the channel of a metric
 * only while somebody here watches it. Hearing is claimed only while four things hold: the metric's channel is up,
 * this node's own beats come back, no other node has fallen silent, and none speaks a version this one cannot read.
 */
export function createSharedBus(options: SharedBusOptions): Bus {
  const { transport, series, takeIn } = options;
  const { prefix = 'pulseboard', batchMs = 100, beatMs = 2 * SECOND, goneAfterMs = HOUR } = options;
  const node = randomBytes(9).toString('base64url');
  const beatsChannel = `${prefix}:beats`;
  const channelOf = (metric: string) => `${prefix}:samples:${metric}`;

  const listeners = new Set<(samples: SampleColumns) => void>();
  const stateListeners = new Set<(state: BusState) => void>();
  const watches = new Map<string, Watch>();
  const timers = new Set<NodeJS.Timeout>();
  const peers = new Peers(goneAfterMs);
  const outbox = new Outbox({ node, transport, batchMs, channelOf });
  const received = { messagesReceived: 0, messagesNewer: 0, messagesInvalid: 0, gaps: 0 };
  let state: BusState = { up: false, reason: 'redis_unreachable', lagMs: null };
  let lastEcho = Number.NEGATIVE_INFINITY;
  let newerUntil = 0;
  let closed = false;

  const unfollowBeats = transport.follow(beatsChannel, {
    message: hearBeat,
    up: () => void beat(),
    down: () => {
      lastEcho = Number.NEGATIVE_INFINITY;
      judge();
    },
  });
  const beating = setInterval(() => void beat(), beatMs);

  function deliver(samples: SampleColumns): void {
    for (const listener of listeners) listener(samples);
  }

  async function beat(bye = false): Promise<void> {
    judge();
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
      // Nothing to do but wait: the missing echo is what tells that the bus is down.
    });
  }

  function hearBeat(text: string): void {
    const message = read(text);
    if (message?.k !== 'beat') return;
    const now = performance.now();
    if (message.n === node) {
      // The first echo after an interruption: others could not be heard meanwhile, so their silence says nothing.
      if (!state.up) peers.excuse(now);
      lastEcho = now;
      state = { ...state, lagMs: now - message.at };
    } else {
      later(() => compare(message), Math.min(SECOND, beatMs));
      peers.noteBeat(message, now);
      if (message.top > series.highestId) void learn();
    }
    judge();
  }

  /** What a peer says it has sent against what has arrived. */
  function compare({ n, sent }: BeatMessage): void {
    for (const [metric, watch] of watches) {
      const number = sent[metric];
      if (number !== undefined && peers.missing(n, metric, number)) tellGap(watch);
    }
  }

  function hearSamples(text: string): void {
    const message = read(text);
    if (message?.k !== 'samples' || message.n === node) return;
    const watch = watches.get(message.m);
    if (!watch) return;
    const isGap = peers.noteSamples(message.n, message.m, message.s, performance.now());
    const samples = resolve(message);
    if (samples) take(samples);
    else void learn().then(() => takeLearned(message));
    if (isGap) tellGap(watch);
  }

  function read(text: string) {
    if (text === PING) return null;
    received.messagesReceived++;
    const decoded = decodeMessage(text);
    if (decoded.kind === 'message') return decoded.message;
    if (decoded.kind === 'newer') {
      received.messagesNewer++;
      // What that node commits is not understood here, so nothing is vouched for while it speaks.
      newerUntil = performance.now() + 10 * beatMs;
      judge();
    } else {
      received.messagesInvalid++;
    }
    return null;
  }

  function take(samples: SampleColumns): void {
    takeIn(samples);
    deliver(samples);
  }

  /** Message → samples; null when it names a series this node has not met. */
  function resolve({ i, t, x }: SamplesMessage): SampleColumns | null {
    const found: Series[] = [];
    for (const id of i) {
      const each = series.byId(id);
      if (!each) return null;
      found.push(each);
    }
    return { series: found, timestamps: fromDeltas(t), values: x };
  }

  function takeLearned(message: SamplesMessage): void {
    const samples = resolve(message);
    if (samples) take(samples);
    else tellGap(watches.get(message.m));
  }

  async function learn(): Promise<void> {
    await series
      .learn()
      .catch((error) => log().warn({ err: error }, 'new series of other nodes not read yet'));
  }

  function tellGap(watch: Watch | undefined): void {
    received.gaps++;
    if (watch?.hears) for (const watcher of watch.watchers) watcher.hears();
  }

  function trouble(now: number): BusTrouble | null {
    if (now - lastEcho > 3 * beatMs) return 'redis_unreachable';
    if (now < newerUntil) return 'newer_version';
    return peers.silent(now).length > 0 ? 'node_silent' : null;
  }

  /** Works out what may be claimed now, and tells who must know. */
  function judge(): void {
    if (closed) return;
    const reason = trouble(performance.now());
    if (reason !== state.reason || state.up !== (reason === null)) {
      state = { ...state, up: reason === null, reason };
      if (reason) log().warn({ bus: transport.kind, reason }, 'other nodes may not be heard');
      else log().info({ bus: transport.kind }, 'other nodes are heard');
      for (const listener of stateListeners) listener(state);
    }
    for (const watch of watches.values()) judgeWatch(watch);
  }

  function judgeWatch(watch: Watch): void {
    const hears = watch.channelUp && state.up;
    if (hears === watch.hears) return;
    watch.hears = hears;
    for (const watcher of watch.watchers) {
      if (hears) watcher.hears();
      else watcher.deaf(state.reason ?? 'redis_unreachable');
    }
  }

  function watchMetric({ name }: Metric): Watch {
    const watch: Watch = { watchers: new Set(), channelUp: false, hears: false, unfollow: () => {} };
    watches.set(name, watch);
    watch.unfollow = transport.follow(channelOf(name), {
      message: hearSamples,
      up: () => {
        watch.channelUp = true;
        if (watch.hears) tellGap(watch);
        else judgeWatch(watch);
      },
      down: () => {
        watch.channelUp = false;
        judgeWatch(watch);
      },
    });
    return watch;
  }

  function later(work: () => void, ms: number): void {
    const timer = setTimeout(() => {
      timers.delete(timer);
      work();
    }, ms);
    timers.add(timer);
  }

  return {
    kind: transport.kind,
    shared: true,
    get state() {
      return state;
    },
    get figures(): BusFigures {
      return { ...outbox.figures, ...received, metricsWatched: watches.size, peers: peers.size };
    },
    publish(samples) {
      outbox.put(samples);
      deliver(samples);
    },
    deliver,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    watch(metric, watcher) {
      const watch = watches.get(metric.name) ?? watchMetric(metric);
      watch.watchers.add(watcher);
      if (watch.hears) watcher.hears();
      return () => {
        watch.watchers.delete(watcher);
        if (watch.watchers.size > 0 || watches.get(metric.name) !== watch) return;
        watches.delete(metric.name);
        watch.unfollow();
        peers.forget(metric.name);
      };
    },
    onState(listener) {
      stateListeners.add(listener);
      return () => stateListeners.delete(listener);
    },
    async close() {
      if (closed) return;
      clearInterval(beating);
      await outbox.flush();
      await beat(true);
      closed = true;
      for (const timer of timers) clearTimeout(timer);
      for (const watch of watches.values()) watch.unfollow();
      watches.clear();
      unfollowBeats();
      listeners.clear();
      stateListeners.clear();
      await transport.close();
    },
  };
}
