/**
 * How `/status` shows one family of the server's own figures. A family without a row here is shown by its help text.
 */
export interface FigureRow {
  name: string;
  /** Its name for operators. */
  title: string;
  /** Names of its parts, where the values of its labels are not words. */
  parts?: Readonly<Record<string, string>>;
  /** Whether it has a chart of its last minutes: of the parts that have these labels. */
  chart?: Readonly<Record<string, string>>;
}

export interface FigureSection {
  title: string;
  figures: readonly FigureRow[];
}

/** The page, from top to bottom. To show another figure: a row here. */
export const STATUS_SECTIONS: readonly FigureSection[] = [
  {
    title: 'Ingest',
    figures: [
      { name: 'pulseboard_ready', title: 'Ready' },
      { name: 'pulseboard_ingest_samples_total', title: 'Samples ingested', chart: { result: 'stored' } },
      { name: 'pulseboard_events_total', title: 'Events ingested', chart: { result: 'stored' } },
      { name: 'pulseboard_events_waiting', title: 'Events waiting' },
      { name: 'pulseboard_ingest_requests_total', title: 'Write requests', chart: {} },
      { name: 'pulseboard_ingest_seconds', title: 'Write request latency', chart: {} },
      { name: 'pulseboard_queue_rows', title: 'Write queue', chart: {} },
      { name: 'pulseboard_queue_limit_rows', title: 'Write queue limit' },
      { name: 'pulseboard_commits_in_flight', title: 'Commits in flight' },
      { name: 'pulseboard_commit_seconds', title: 'Commit latency', chart: {} },
      { name: 'pulseboard_commit_rows', title: 'Samples per commit' },
    ],
  },
  {
    title: 'WebSocket ingest',
    figures: [
      { name: 'pulseboard_websocket_connections', title: 'Connections', chart: {} },
      { name: 'pulseboard_websocket_connections_paused', title: 'Connections paused' },
      { name: 'pulseboard_websocket_frames_total', title: 'Frames', chart: { answer: 'ack' } },
      { name: 'pulseboard_websocket_bytes_total', title: 'Bytes', chart: { direction: 'received' } },
      { name: 'pulseboard_websocket_seconds', title: 'Frame latency', chart: {} },
    ],
  },
  {
    title: 'Live streams',
    figures: [
      { name: 'pulseboard_live_streams', title: 'Open streams', chart: {} },
      { name: 'pulseboard_live_queries', title: 'Live queries' },
      { name: 'pulseboard_live_turns_total', title: 'Stream updates', chart: {} },
      { name: 'pulseboard_live_turn_seconds_total', title: 'Stream update time' },
      { name: 'pulseboard_live_stalls_total', title: 'Slow-reader stalls' },
      { name: 'pulseboard_live_held_bytes', title: 'Stream send buffers' },
    ],
  },
  {
    title: 'Queries',
    figures: [
      {
        name: 'pulseboard_tier_hit_ratio',
        title: 'Cache hit ratio',
        parts: { ring: 'memory', cache: 'Redis' },
        chart: { tier: 'ring' },
      },
      {
        name: 'pulseboard_tier_seconds',
        title: 'Query latency',
        parts: { ring: 'memory', cache: 'Redis' },
        chart: { tier: 'database' },
      },
      { name: 'pulseboard_tier_ring_reads_total', title: 'Memory lookups' },
      { name: 'pulseboard_tier_cache_reads_total', title: 'Redis cache lookups' },
      { name: 'pulseboard_budget_refusals_total', title: 'Queries refused' },
      { name: 'pulseboard_unsent_bytes', title: 'Response send buffers' },
    ],
  },
  {
    title: 'Memory',
    figures: [
      { name: 'pulseboard_ring_bytes', title: 'Recent samples', chart: {} },
      { name: 'pulseboard_ring_covered_seconds', title: 'In-memory window' },
      { name: 'pulseboard_series', title: 'Active series', chart: {} },
      { name: 'pulseboard_metrics', title: 'Metrics' },
    ],
  },
  {
    title: 'Circuit breakers',
    figures: [
      {
        name: 'pulseboard_breaker_state',
        title: 'State',
        parts: { database_write: 'database writes', database_read: 'database reads', redis: 'Redis' },
      },
      {
        name: 'pulseboard_breaker_opened_total',
        title: 'Trips',
        parts: { database_write: 'database writes', database_read: 'database reads', redis: 'Redis' },
      },
    ],
  },
  {
    title: 'Cluster bus',
    figures: [
      { name: 'pulseboard_bus_up', title: 'Connected' },
      { name: 'pulseboard_bus_lag_seconds', title: 'Bus lag', chart: {} },
      { name: 'pulseboard_bus_peers', title: 'Peers' },
      { name: 'pulseboard_bus_messages_total', title: 'Messages received', chart: { result: 'read' } },
      { name: 'pulseboard_bus_gaps_total', title: 'Messages lost' },
      { name: 'pulseboard_bus_batches_sent_total', title: 'Batches sent' },
      { name: 'pulseboard_bus_batches_failed_total', title: 'Batches failed' },
      { name: 'pulseboard_bus_samples_dropped_total', title: 'Samples dropped' },
      { name: 'pulseboard_bus_metrics_watched', title: 'Metrics watched' },
      { name: 'pulseboard_bus_metrics_complete', title: 'Metrics in sync' },
    ],
  },
  {
    title: 'Spool',
    figures: [
      { name: 'pulseboard_spool_bytes', title: 'Spool size', chart: {} },
      { name: 'pulseboard_spool_limit_bytes', title: 'Spool limit' },
      { name: 'pulseboard_spool_samples_total', title: 'Samples spooled' },
      { name: 'pulseboard_spool_drained_total', title: 'Samples drained' },
      { name: 'pulseboard_spool_skipped_records_total', title: 'Damaged records' },
      { name: 'pulseboard_spool_skipped_bytes_total', title: 'Damaged bytes' },
      { name: 'pulseboard_spool_aside_files', title: 'Quarantined files' },
      { name: 'pulseboard_spool_aside_bytes', title: 'Quarantined bytes' },
    ],
  },
  {
    title: 'Forwarding',
    figures: [
      { name: 'pulseboard_forward_up', title: 'Destination takes samples' },
      { name: 'pulseboard_forward_lag_seconds', title: 'Forwarding lag' },
      { name: 'pulseboard_forward_samples_total', title: 'Samples forwarded' },
      { name: 'pulseboard_forward_dropped_samples_total', title: 'Samples dropped' },
      { name: 'pulseboard_forward_filtered_samples_total', title: 'Samples filtered out' },
      { name: 'pulseboard_forward_retries_total', title: 'Requests retried' },
      { name: 'pulseboard_forward_queue_bytes', title: 'Queue size' },
      { name: 'pulseboard_forward_queue_samples', title: 'Samples queued' },
      { name: 'pulseboard_forward_queue_limit_bytes', title: 'Queue limit' },
    ],
  },
  {
    title: 'Process',
    figures: [
      { name: 'nodejs_eventloop_lag_seconds', title: 'Event-loop delay', chart: { quantile: '0.99' } },
      { name: 'pulseboard_loop_stretch_seconds', title: 'Event-loop blocking' },
      { name: 'process_cpu_seconds_total', title: 'CPU time', chart: {} },
      { name: 'process_resident_memory_bytes', title: 'Resident memory', chart: {} },
      { name: 'nodejs_heap_used_bytes', title: 'JavaScript heap', chart: {} },
      { name: 'nodejs_external_bytes', title: 'Buffers outside the heap' },
      { name: 'process_start_time_seconds', title: 'Started' },
      { name: 'pulseboard_build_info', title: 'Version' },
    ],
  },
];
