import type { BrokerFigures } from './broker-figures';
import { STAGES } from './stages';

/** One sample of an exposition: the labels that distinguish it in its family, and its value now. */
export interface Reading {
  labels?: Record<string, string>;
  /** Appended to the family's name: `_bucket`, `_sum`, `_count`. */
  suffix?: string;
  value: number;
}

/** A metric of our own in Prometheus' sense. */
export interface Family {
  name: string;
  help: string;
  type: 'counter' | 'gauge' | 'histogram';
  readings: Reading[];
}

/** Counts per value of one label. */
class Counter {
  private readonly counts = new Map<string, number>();

  constructor(
    private readonly name: string,
    private readonly help: string,
    private readonly label: string,
    known: readonly string[] = [],
  ) {
    for (const value of known) this.counts.set(value, 0);
  }

  add(value: string, amount = 1): void {
    this.counts.set(value, (this.counts.get(value) ?? 0) + amount);
  }

  get(value: string): number {
    return this.counts.get(value) ?? 0;
  }

  /** Of all values together. */
  get total(): number {
    let total = 0;
    for (const count of this.counts.values()) total += count;
    return total;
  }

  family(): Family {
    const readings = [...this.counts].map(([value, count]) => ({
      labels: { [this.label]: value },
      value: count,
    }));
    return { name: this.name, help: this.help, type: 'counter', readings };
  }
}

/** A number that goes up and down. */
class Gauge {
  value = 0;

  constructor(
    private readonly name: string,
    private readonly help: string,
  ) {}

  family(): Family {
    return { name: this.name, help: this.help, type: 'gauge', readings: [{ value: this.value }] };
  }
}

/** Counts observations at or below each bound, cumulatively, as Prometheus defines it. */
export class Histogram {
  private readonly counts: number[];
  private sum = 0;
  private total = 0;

  constructor(
    private readonly name: string,
    private readonly help: string,
    private readonly bounds: readonly number[],
    private readonly labels?: Record<string, string>,
  ) {
    this.counts = bounds.map(() => 0);
  }

  observe(value: number): void {
    this.sum += value;
    this.total++;
    const at = this.bounds.findIndex((bound) => value <= bound);
    if (at !== -1) this.counts[at]++;
  }

  family(): Family {
    let seen = 0;
    const buckets: Reading[] = this.bounds.map((bound, i) => {
      seen += this.counts[i];
      return { suffix: '_bucket', labels: { ...this.labels, le: String(bound) }, value: seen };
    });
    buckets.push({ suffix: '_bucket', labels: { ...this.labels, le: '+Inf' }, value: this.total });
    const totals: Reading[] = [
      { suffix: '_sum', value: this.sum },
      { suffix: '_count', value: this.total },
    ];
    if (this.labels) for (const reading of totals) reading.labels = this.labels;
    return { name: this.name, help: this.help, type: 'histogram', readings: [...buckets, ...totals] };
  }
}

/** Histograms of one family, one for each value of a label. */
class HistogramSet {
  private readonly histograms: Map<string, Histogram>;

  constructor(
    name: string,
    help: string,
    bounds: readonly number[],
    label: string,
    values: readonly string[],
  ) {
    this.histograms = new Map(
      values.map((value) => [value, new Histogram(name, help, bounds, { [label]: value })]),
    );
  }

  /** @throws TypeError for a value of the label that was not announced. */
  observe(value: string, amount: number): void {
    this.histograms.get(value)!.observe(amount);
  }

  family(): Family {
    const [first, ...others] = [...this.histograms.values()].map((each) => each.family());
    return { ...first, readings: [first, ...others].flatMap(({ readings }) => readings) };
  }
}

const LATENCY_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
/** Memory answers faster than the smallest bound of the others. */
const READ_SECONDS = [0.0001, 0.000_25, 0.0005, ...LATENCY_SECONDS];
/** Up to where a stretch is unfelt, and beyond. */
const STRETCH_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1];
const BATCH_ROWS = [1, 10, 100, 300, 1_000, 3_000, 10_000, 30_000];

/** Of the TLS port, as of now. */
export interface TlsFigures {
  /** With a handshake, of HTTP/1.1 and HTTP/2. */
  readonly connections: number;
  /** Connections that speak HTTP/2. */
  readonly sessions: number;
  readonly streams: number;
  /** When the certificate in use expires, epoch ms. */
  readonly expiresAt: number;
}

/** Of StatsD, as of now. */
export interface StatsdFigures {
  readonly series: number;
  readonly heldBytes: number;
  /** Packets that the system threw away since the start, because they were not read in time; null: it does not say. */
  readonly droppedPackets: number | null;
}

/** What a server counts of itself: see `createFigures`. */
export type Figures = ReturnType<typeof createFigures>;

/** What a server counts of itself while it works; the rest is read from its parts when somebody asks. */
export function createFigures() {
  return {
    ingestRequests: new Counter('pulseboard_ingest_requests_total', 'Write requests answered.', 'status'),
    ingestSamples: new Counter('pulseboard_ingest_samples_total', 'Samples received.', 'result', [
      'stored',
      'duplicate',
      'rejected',
    ]),
    events: new Counter('pulseboard_events_total', 'Events received.', 'result', [
      'stored',
      'duplicate',
      'rejected',
    ]),
    ingestSeconds: new Histogram(
      'pulseboard_ingest_seconds',
      'From a write request to its answer, the commit included.',
      LATENCY_SECONDS,
    ),
    connections: new Gauge('pulseboard_websocket_connections', 'WebSocket connections of senders.'),
    connectionsPaused: new Gauge(
      'pulseboard_websocket_connections_paused',
      'Of those, how many are not read for now, because the database or their reader is slow.',
    ),
    frames: new Counter(
      'pulseboard_websocket_frames_total',
      'Frames received over WebSocket, by how they were answered.',
      'answer',
      ['ack', 'nack', 'none'],
    ),
    frameBytes: new Counter(
      'pulseboard_websocket_bytes_total',
      'Bytes of frames and of their answers, as sent.',
      'direction',
      ['received', 'sent'],
    ),
    frameSeconds: new Histogram(
      'pulseboard_websocket_seconds',
      'From a frame to its answer, the commit included.',
      LATENCY_SECONDS,
    ),
    commitSeconds: new Histogram('pulseboard_commit_seconds', 'One commit of the database.', LATENCY_SECONDS),
    commitRows: new Histogram('pulseboard_commit_rows', 'Samples in one commit.', BATCH_ROWS),
    scrapes: new Counter('pulseboard_scrapes_total', 'Scrapes of targets.', 'result', [
      'up',
      'down',
      'missed',
    ]),
    scrapedSamples: new Counter('pulseboard_scraped_samples_total', 'Samples of scraped targets.', 'result', [
      'accepted',
      'rejected',
      'lost',
    ]),
    tierSeconds: new HistogramSet(
      'pulseboard_tier_seconds',
      'Reading the points of one question from a tier.',
      READ_SECONDS,
      'tier',
      ['ring', 'cache', 'database'],
    ),
    ringReads: new Counter(
      'pulseboard_tier_ring_reads_total',
      'Questions by whether memory answered all of them.',
      'result',
      ['hit', 'part', 'miss'],
    ),
    cacheReads: new Counter(
      'pulseboard_tier_cache_reads_total',
      'Questions about the closed past by how much of it Redis had.',
      'result',
      ['hit', 'part', 'miss', 'unreachable'],
    ),
    loopStretches: new HistogramSet(
      'pulseboard_loop_stretch_seconds',
      'Work for requests that held the event loop in one go, by what it was about at its end.',
      STRETCH_SECONDS,
      'stage',
      STAGES,
    ),
    tlsEnded: new Counter(
      'pulseboard_tls_ended_total',
      'Connections of the TLS port, or streams on them, that were ended for what they did.',
      'reason',
      ['handshake', 'flood', 'silent', 'unread', 'body'],
    ),
    /** What is open on the TLS port; null without one. */
    tls: { open: null as TlsFigures | null },
    statsdLines: new Counter('pulseboard_statsd_lines_total', 'Lines of StatsD received.', 'result', [
      'taken',
      'malformed',
      'unsupported',
      'negative',
      'full',
    ]),
    graphiteLines: new Counter('pulseboard_graphite_lines_total', 'Lines of Graphite received.', 'result', [
      'taken',
      'malformed',
    ]),
    keylessConnections: new Gauge(
      'pulseboard_keyless_connections',
      'TCP connections of StatsD and Graphite.',
    ),
    keylessEnded: new Counter(
      'pulseboard_keyless_ended_total',
      'TCP connections of StatsD and Graphite that were ended.',
      'reason',
      ['too_many', 'silent'],
    ),
    keylessLost: new Counter(
      'pulseboard_keyless_samples_lost_total',
      'Samples of StatsD and Graphite that were received and could not be stored.',
      'protocol',
      ['statsd', 'graphite'],
    ),
    /** What is held for StatsD; null where it is off. */
    statsd: { open: null as StatsdFigures | null },
    /** Of each broker that messages are pulled from, by its name. */
    brokers: new Map<string, BrokerFigures>(),
    refusals: new Counter(
      'pulseboard_budget_refusals_total',
      'Requests ended for what they would have cost, or because their client had gone.',
      'reason',
      ['match', 'time', 'points', 'busy', 'gone'],
    ),
  };
}
