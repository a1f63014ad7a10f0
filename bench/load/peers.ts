import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MINUTE, SECOND } from '../../lib/model/time/duration';
import { ended, freePort, start, until } from '../../test/support/processes';
import type { Scenario } from './scenarios';
import type { Scene, Storage, Sums } from './scene';

/** A system with the same job, as Debian packages it, with its own settings wherever they are about durability. */
export interface Peer {
  readonly program: string;
  /** Its way to take what `http1-post` sends. */
  readonly path: string;
  readonly durability: string;
  /** @param folder its data goes there */
  args(folder: string, port: number): string[];
  storage(url: string, folder: string): Omit<Storage, 'describe'>;
  version(url: string): Promise<string>;
  prepare?(url: string): Promise<void>;
}

const DATABASE = 'bench';

export const PEERS = {
  influxdb: {
    program: '/usr/bin/influxd',
    path: `/write?db=${DATABASE}&precision=ms`,
    durability: 'after its log was synced (wal-fsync-delay=0s)',
    args(folder, port) {
      const file = join(folder, 'influxdb.conf');
      writeFileSync(file, influxSettings(folder, port));
      return ['-config', file];
    },
    async prepare(url) {
      await ask(`${url}/query`, { q: `create database ${DATABASE}` });
    },
    storage: (url, folder) => ({
      async sums() {
        const question = { db: DATABASE, q: 'select count(value), sum(value) from /.*/' };
        const { results } = JSON.parse(await ask(`${url}/query`, question));
        const rows: number[][] = (results[0].series ?? []).map(
          (each: { values: number[][] }) => each.values[0],
        );
        return addUp(rows.map(([, count, sum]) => [count, sum]));
      },
      size: async () => ({ tables: bytesIn(join(folder, 'data')), wal: bytesIn(join(folder, 'wal')) }),
    }),
    version: async (url) => `InfluxDB ${(await fetch(`${url}/ping`)).headers.get('x-influxdb-version')}`,
  },
  'victoria-metrics': {
    program: '/usr/bin/victoria-metrics',
    path: '/write?precision=ms',
    durability: 'in memory; on disk up to 5 s later',
    args: (folder, port) => [
      `-storageDataPath=${join(folder, 'data')}`,
      `-httpListenAddr=127.0.0.1:${port}`,
      '-retentionPeriod=1',
      '-loggerLevel=ERROR',
    ],
    storage: (url, folder) => ({
      async sums() {
        await fetch(`${url}/internal/force_flush`);
        const total = async (perSeries: string) => {
          const query = `sum(${perSeries}({host!=""}[1d]))`;
          const time = String((Date.now() + MINUTE) / SECOND);
          const { data } = JSON.parse(await ask(`${url}/api/v1/query`, { query, time, nocache: '1' }));
          return Number(data.result[0]?.value[1] ?? 0);
        };
        return addUp([[await total('count_over_time'), await total('sum_over_time')]]);
      },
      size: async () => ({ tables: bytesIn(join(folder, 'data')), wal: 0 }),
    }),
    version: async (url) => {
      const figures = await (await fetch(`${url}/metrics`)).text();
      return `VictoriaMetrics ${/short_version="([^"]*)"/.exec(figures)?.[1] ?? ''}`.trim();
    },
  },
} satisfies Record<string, Peer>;

export type PeerName = keyof typeof PEERS;

export function hasPeer(name: PeerName): boolean {
  return existsSync(PEERS[name].program);
}

/** The same samples in the same batches, in the words of a peer. */
export function scenarioFor(name: PeerName, scenario: Scenario): Scenario {
  return { ...scenario, path: PEERS[name].path, format: 'influx' };
}

export async function openPeer(name: PeerName): Promise<Scene> {
  const peer: Peer = PEERS[name];
  const folder = mkdtempSync(join(tmpdir(), `pulseboard-${name}-`));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const child = start(peer.program, peer.args(folder, port));
  const close = async () => {
    child.kill('SIGTERM');
    await ended(child);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await until(() => fetch(`${url}/ping`));
    await peer.prepare?.(url);
    const database = await peer.version(url);
    return {
      system: name,
      ports: [port],
      pids: { servers: [child.pid ?? 0], postmaster: null, redis: null },
      storage: {
        ...peer.storage(url, folder),
        describe: async () => ({ database, durability: peer.durability }),
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function ask(url: string, form: Record<string, string>): Promise<string> {
  const response = await fetch(url, { method: 'POST', body: new URLSearchParams(form) });
  const text = await response.text();
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${text.slice(0, 300)}`);
  return text;
}

function addUp(rows: number[][]): Sums {
  const total = (column: number) => rows.reduce((sum, row) => sum + row[column], 0);
  return { samples: total(0), hundredths: Math.round(total(1) * 100) };
}

/** What the files of a folder take on disk. */
function bytesIn(folder: string): number {
  if (!existsSync(folder)) return 0;
  return readdirSync(folder).reduce((sum, name) => {
    const stat = statSync(join(folder, name), { throwIfNoEntry: false });
    if (!stat) return sum;
    return sum + (stat.isDirectory() ? bytesIn(join(folder, name)) : stat.blocks * 512);
  }, 0);
}

function influxSettings(folder: string, port: number): string {
  return `
reporting-disabled = true
bind-address = "127.0.0.1:0"
[meta]
  dir = "${folder}/meta"
[data]
  dir = "${folder}/data"
  wal-dir = "${folder}/wal"
  wal-fsync-delay = "0s"
  query-log-enabled = false
[http]
  bind-address = "127.0.0.1:${port}"
  log-enabled = false
[monitor]
  store-enabled = false
`;
}
