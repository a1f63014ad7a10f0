import type { Binaries } from '../../lib/store/embedded/binaries';
import { type PostgresServer, startPostgresServer } from './postgres-server';

/** What a server needs for TimescaleDB beyond the settings the product gives every server. */
export const TIMESCALE_SETTINGS = {
  shared_preload_libraries: 'timescaledb',
  'timescaledb.telemetry_level': 'off',
  // Each database with the extension keeps a scheduler, and test files have a database each.
  'timescaledb.max_background_workers': '40',
  max_worker_processes: '60',
};

/** A throw-away server with TimescaleDB, durable like the product's own unless the settings say otherwise. */
export function startTimescaleServer(
  binaries: Binaries,
  settings: Record<string, string> = {},
): Promise<PostgresServer> {
  return startPostgresServer(binaries, { ...TIMESCALE_SETTINGS, ...settings });
}
