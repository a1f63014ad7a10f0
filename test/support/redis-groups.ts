import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@redis/client';
import { ended, freePort, start, until } from './processes';
import { type RedisServer, startRedis } from './redis';

/** A server and a Sentinel that watches it under the name `main`. */
export async function startSentinel(): Promise<RedisServer & { sentinelPort: number }> {
  const redis = await startRedis();
  const folder = await mkdtemp(join(tmpdir(), 'pulseboard-sentinel-'));
  const sentinelPort = await freePort();
  const file = join(folder, 'sentinel.conf');
  // Sentinel writes what it learns into its own settings file.
  await writeFile(
    file,
    `port ${sentinelPort}\nbind 127.0.0.1\ndir ${folder}\nsentinel monitor main 127.0.0.1 ${redis.port} 1\nsentinel down-after-milliseconds main 10000\n`,
  );
  const child = start('redis-server', [file, '--sentinel']);
  await untilAnswers(sentinelPort);
  return {
    ...redis,
    sentinelPort,
    async close() {
      child.kill('SIGKILL');
      await ended(child);
      await redis.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A cluster of one server, which holds every slot. */
export async function startRedisCluster(): Promise<RedisServer> {
  // By default 10,000 above its port, among those the system hands out: then it could not start where one is in use.
  const busPort = String(await freePort());
  const redis = await startRedis(['--cluster-enabled', 'yes', '--cluster-port', busPort]);
  const client = createClient({ url: redis.url });
  client.on('error', () => {});
  await client.connect();
  await client.sendCommand(['CLUSTER', 'ADDSLOTSRANGE', '0', '16383']);
  await until(async () => {
    const info = String(await client.sendCommand(['CLUSTER', 'INFO']));
    if (!info.includes('cluster_state:ok')) throw new Error(info);
  });
  client.destroy();
  return redis;
}

async function untilAnswers(port: number): Promise<void> {
  await until(async () => {
    const client = createClient({ url: `redis://127.0.0.1:${port}`, socket: { reconnectStrategy: false } });
    client.on('error', () => {});
    await client.connect();
    await client.ping();
    client.destroy();
  });
}
