import type { LiveFigures } from '../../live/live';
import { SECOND } from '../../model/time/duration';
import { VERSION } from '../../model/version';
import type { Family } from '../../observe/figures';
import type { Root } from '../../system/root';
import { gauge, total } from './family';
import { ofForwarding } from './forwarding';
import { ofSenders } from './senders';

/** The figures of `GET /metrics`, read now. */
export function collectFamilies(root: Root): Family[] {
  return [
    ...ofTheSystem(root),
    ...ofTheBus(root),
    ...ofTheSpool(root),
    ...ofForwarding(root),
    ...ofBreakers(root),
    ...ofSenders(root),
    ...ofReading(root),
    ...ofTls(root),
    ...ofTheProcess(root),
  ];
}

function ofTheSystem({ startup: started }: Root): Family[] {
  const up = gauge(
    'pulseboard_ready',
    'Whether the server takes samples.',
    started.phase === 'ready' ? 1 : 0,
  );
  if (started.phase !== 'ready') return [up];
  const { registry, ring, pipeline, events, live } = started.system;
  const { rowsWaiting, rowsInFlight, commitsInFlight, maxRows } = pipeline.figures;
  return [
    up,
    gauge('pulseboard_series', 'Series known.', registry.size),
    gauge('pulseboard_metrics', 'Metrics known.', registry.metrics.size),
    gauge('pulseboard_ring_bytes', 'Memory held by recent samples.', ring.bytes),
    gauge(
      'pulseboard_ring_covered_seconds',
      'How far back memory answers for every series.',
      (Date.now() - ring.coveredFrom) / SECOND,
    ),
    {
      name: 'pulseboard_queue_rows',
      help: 'Samples on their way to the database.',
      type: 'gauge',
      readings: [
        { labels: { state: 'waiting' }, value: rowsWaiting },
        { labels: { state: 'committing' }, value: rowsInFlight },
      ],
    },
    gauge(
      'pulseboard_queue_limit_rows',
      'Samples that may be on their way before writers are refused.',
      maxRows,
    ),
    gauge('pulseboard_commits_in_flight', 'Commits under way.', commitsInFlight),
    gauge('pulseboard_events_waiting', 'Events on their way to the database.', events.figures.waiting),
    ...ofTheStreams(live.figures),
  ];
}

function ofTheStreams({ streams, queries, turns, turnMs, stalls, heldBytes }: LiveFigures): Family[] {
  return [
    gauge('pulseboard_live_streams', 'Live streams open.', streams),
    gauge('pulseboard_live_queries', 'Distinct queries of live streams.', queries),
    total('pulseboard_live_turns_total', 'Times a stream computed what to send.', turns),
    total('pulseboard_live_turn_seconds_total', 'Time spent computing what streams send.', turnMs / SECOND),
    total('pulseboard_live_stalls_total', 'Times a reader was too slow to be written to.', stalls),
    gauge('pulseboard_live_held_bytes', 'Bytes of streams that wait for slow readers.', heldBytes),
  ];
}

function ofTheSpool({ startup: started }: Root): Family[] {
  const spool = started.phase === 'ready' ? started.system.spool : null;
  if (!spool) return [];
  return [
    gauge(
      'pulseboard_spool_bytes',
      'Bytes accepted on this disk that are not in the database yet.',
      spool.bytes,
    ),
    gauge('pulseboard_spool_limit_bytes', 'Bytes that may wait before writers are refused.', spool.maxBytes),
    total('pulseboard_spool_samples_total', 'Samples accepted on this disk.', spool.spooled),
    total('pulseboard_spool_drained_total', 'Samples moved from this disk to the database.', spool.drained),
    total(
      'pulseboard_spool_skipped_records_total',
      'Bodies accepted on this disk that cannot be read any more.',
      spool.skippedRecords,
    ),
    total('pulseboard_spool_skipped_bytes_total', 'Damaged bytes that were skipped.', spool.skippedBytes),
    gauge('pulseboard_spool_aside_files', 'Damaged files that are kept.', spool.damagedFiles),
    gauge('pulseboard_spool_aside_bytes', 'Size of the damaged files that are kept.', spool.damagedBytes),
  ];
}

/** How well nodes receive each other's messages; none for a node alone. */
function ofTheBus({ startup: started }: Root): Family[] {
  if (started.phase !== 'ready' || !started.system.bus.status.shared) return [];
  const { bus, ringSync } = started.system;
  const { figures: bused, state } = bus.status;
  const received = [
    ['read', bused.messagesReceived - bused.messagesNewer - bused.messagesInvalid],
    ['newer_version', bused.messagesNewer],
    ['invalid', bused.messagesInvalid],
  ] as const;
  return [
    gauge('pulseboard_bus_up', 'Whether everything that other nodes commit is received.', state.up ? 1 : 0),
    gauge(
      'pulseboard_bus_lag_seconds',
      'How long a message to other nodes takes.',
      (state.lagMs ?? Number.NaN) / SECOND,
    ),
    gauge('pulseboard_bus_peers', 'Other nodes that are known.', bused.peers),
    gauge(
      'pulseboard_bus_metrics_watched',
      'Metrics whose samples this node receives from others.',
      bused.metricsWatched,
    ),
    gauge(
      'pulseboard_bus_metrics_complete',
      'Of those, how many memory answers by itself.',
      ringSync.complete,
    ),
    total('pulseboard_bus_batches_sent_total', 'Batches sent to other nodes.', bused.batchesSent),
    total('pulseboard_bus_batches_failed_total', 'Batches that could not be sent.', bused.batchesFailed),
    total('pulseboard_bus_samples_dropped_total', 'Samples left out of batches.', bused.samplesDropped),
    total('pulseboard_bus_gaps_total', 'Messages that were missing.', bused.gaps),
    {
      name: 'pulseboard_bus_messages_total',
      help: 'Messages received from nodes, this one included.',
      type: 'counter',
      readings: received.map(([result, value]) => ({ labels: { result }, value })),
    },
  ];
}

const BREAKER_STATES = { closed: 0, 'half-open': 1, open: 2 } as const;

function ofBreakers({ breakers }: Root): Family[] {
  const all = [...breakers];
  return [
    {
      name: 'pulseboard_breaker_state',
      help: 'Circuit breakers: 0 closed, 1 half-open, 2 open.',
      type: 'gauge',
      readings: all.map(({ name, state }) => ({ labels: { name }, value: BREAKER_STATES[state] })),
    },
    {
      name: 'pulseboard_breaker_opened_total',
      help: 'Times a circuit breaker has opened.',
      type: 'counter',
      readings: all.map(({ name, opened }) => ({ labels: { name }, value: opened })),
    },
  ];
}

/** Where answers were read. The share of no questions is NaN. */
function ofReading({ figures, limits }: Root): Family[] {
  const { tierSeconds, ringReads, cacheReads, loopStretches, refusals } = figures;
  const shares = [
    ['ring', ringReads],
    ['cache', cacheReads],
  ] as const;
  return [
    tierSeconds.family(),
    ringReads.family(),
    cacheReads.family(),
    loopStretches.family(),
    refusals.family(),
    gauge(
      'pulseboard_unsent_bytes',
      'Bytes of large answers that wait for their readers.',
      limits.unsent.bytes,
    ),
    {
      name: 'pulseboard_tier_hit_ratio',
      help: 'Share of the questions to a tier that it answered alone.',
      type: 'gauge',
      readings: shares.map(([tier, reads]) => ({
        labels: { tier },
        value: reads.total === 0 ? Number.NaN : reads.get('hit') / reads.total,
      })),
    },
  ];
}

/** Of the TLS port, where there is one. */
function ofTls({ figures }: Root): Family[] {
  const { open } = figures.tls;
  if (!open) return [];
  return [
    gauge(
      'pulseboard_tls_connections',
      'Connections of the TLS port, HTTP/1.1 and HTTP/2.',
      open.connections,
    ),
    gauge('pulseboard_tls_sessions', 'Connections that speak HTTP/2.', open.sessions),
    gauge('pulseboard_tls_streams', 'Requests under way on them.', open.streams),
    gauge(
      'pulseboard_tls_certificate_expiry_timestamp_seconds',
      'When the certificate in use expires.',
      open.expiresAt / SECOND,
    ),
    figures.tlsEnded.family(),
  ];
}

function ofTheProcess({ eventLoopDelay }: Root): Family[] {
  const memory = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  const lag = (percentile: number) => ({
    labels: { quantile: String(percentile / 100) },
    value: eventLoopDelay.percentile(percentile) / 1e9,
  });
  const lags = [50, 90, 99, 100].map(lag);
  eventLoopDelay.reset();
  return [
    {
      name: 'pulseboard_build_info',
      help: 'Which version runs on which Node.js.',
      type: 'gauge',
      readings: [{ labels: { version: VERSION, node: process.version }, value: 1 }],
    },
    gauge('process_start_time_seconds', 'Start of the process.', performance.timeOrigin / SECOND),
    total('process_cpu_seconds_total', 'CPU time used.', (user + system) / 1e6),
    gauge('process_resident_memory_bytes', 'Resident memory of the process.', memory.rss),
    gauge('nodejs_heap_used_bytes', 'Memory in use by JavaScript objects.', memory.heapUsed),
    gauge('nodejs_external_bytes', 'Memory of buffers outside of the heap.', memory.external),
    {
      name: 'nodejs_eventloop_lag_seconds',
      help: 'Delay of the event loop, since the last reading.',
      type: 'gauge',
      readings: lags,
    },
  ];
}
