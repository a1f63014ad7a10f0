import { findTimescaleBinaries } from '@/test/support/timescale-binaries';
import { startTimescaleServer } from '@/test/support/timescale-server';
import { durabilityCase } from '../case/durability.case.test';
import type { Binaries } from '../embedded/binaries';

durabilityCase(async () => {
  const { url, pid, restart, close } = await startTimescaleServer(findTimescaleBinaries() as Binaries);
  return { place: url, postmaster: pid, restart, close };
});
