import { totalmem } from 'node:os';
import { constrainedMemory } from 'node:process';

const MIB = 2 ** 20;

/**
 * The server's settings, given on its command line so that an old data folder gets today's. Durability stays
 * as PostgreSQL ships it (fsync, full page writes, synchronous commit): an acknowledged sample is on disk.
 */
export function serverSettings(): Record<string, string> {
  const memory = availableMemory();
  const sharedBuffers = clamp(memory / 8, 64 * MIB, 1_024 * MIB);
  return {
    // Memory, for a machine that also runs the dashboard and perhaps much else.
    shared_buffers: inMiB(sharedBuffers),
    effective_cache_size: inMiB(memory / 2),
    work_mem: inMiB(clamp(memory / 256, 4 * MIB, 32 * MIB)),
    maintenance_work_mem: inMiB(clamp(memory / 32, 32 * MIB, 256 * MIB)),
    // Parallel queries take from here before /dev/shm, of which a container has 64 MB.
    min_dynamic_shared_memory: inMiB(sharedBuffers / 8),

    synchronous_commit: 'on',
    fsync: 'on',
    full_page_writes: 'on',
    // No replicas and no archive: the least WAL that survives a crash.
    wal_level: 'minimal',
    max_wal_senders: '0',
    // Not compressed: this build has pglz only, and right after a checkpoint every page goes to the WAL whole. With
    // 80,000 series at 8,000 posts a second that was three seconds of both cores; posts waited 1.7 s, not 0.25 s.
    wal_compression: 'off',
    // Checkpoints seldom enough that full-page images do not dominate a steady stream of inserts.
    max_wal_size: '2GB',
    min_wal_size: '128MB',
    checkpoint_timeout: '15min',

    random_page_cost: '1.1',
    // Compiling a query costs more than these queries take.
    jit: 'off',
    max_connections: '60',
    max_parallel_workers_per_gather: '2',
    // A question over long ranges touches a partition and its indexes for every day.
    max_locks_per_transaction: '256',
    autovacuum_naptime: '20s',
    timezone: 'UTC',
    lc_messages: 'C',

    // Errors of statements are logged by us; here is what the server says about itself.
    log_min_messages: 'log',
    log_checkpoints: 'off',
    log_autovacuum_min_duration: '-1',
    log_line_prefix: '%m [%p] ',
    log_timezone: 'UTC',
  };
}

/** Bytes this process may use: a container's limit where there is one. */
function availableMemory(): number {
  const limit = constrainedMemory?.() ?? 0;
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}

function clamp(value: number, lowest: number, highest: number): number {
  return Math.min(highest, Math.max(lowest, value));
}

function inMiB(bytes: number): string {
  return `${Math.floor(bytes / MIB)}MB`;
}
