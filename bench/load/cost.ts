import { databaseCpuSeconds, databaseMemoryBytes, usageOf } from '../support/processes';
import type { Scene } from './scene';

/** CPU seconds since the start of each part, the generator and the viewers left out. */
interface Cpu {
  server: number;
  database: number;
  redis: number;
}

export interface Cost {
  cores: Cpu;
  cpuSeconds: number;
  memoryBytes: { server: number; serverPeak: number; database: number };
  /** Of tables and indexes as they are written, and of the log before them. */
  diskBytes: { tables: number; wal: number };
}

const LOOK_EVERY_MS = 1_000;

/** What the scene costs from now until `end`, which is called once. */
export async function startMeter(scene: Scene): Promise<{ end(): Promise<Cost> }> {
  const before = { cpu: cpuOf(scene), size: await scene.storage.size(), at: performance.now() };
  let peak = memoryOf(scene);
  const looking = setInterval(() => {
    peak = Math.max(peak, memoryOf(scene));
  }, LOOK_EVERY_MS);
  return {
    async end() {
      clearInterval(looking);
      const seconds = (performance.now() - before.at) / 1_000;
      const after = cpuOf(scene);
      const spent = {
        server: after.server - before.cpu.server,
        database: after.database - before.cpu.database,
        redis: after.redis - before.cpu.redis,
      };
      const size = await scene.storage.size();
      const server = memoryOf(scene);
      return {
        cores: {
          server: spent.server / seconds,
          database: spent.database / seconds,
          redis: spent.redis / seconds,
        },
        cpuSeconds: spent.server + spent.database + spent.redis,
        memoryBytes: {
          server,
          serverPeak: Math.max(peak, server),
          database: scene.pids.postmaster === null ? 0 : databaseMemoryBytes(scene.pids.postmaster),
        },
        diskBytes: { tables: size.tables - before.size.tables, wal: size.wal - before.size.wal },
      };
    },
  };
}

function cpuOf({ pids }: Scene): Cpu {
  return {
    server: pids.servers.reduce((sum, pid) => sum + usageOf(pid).cpuSeconds, 0),
    database: pids.postmaster === null ? 0 : databaseCpuSeconds(pids.postmaster),
    redis: pids.redis === null ? 0 : usageOf(pids.redis).cpuSeconds,
  };
}

function memoryOf({ pids }: Scene): number {
  return pids.servers.reduce((sum, pid) => sum + usageOf(pid).rssBytes, 0);
}
