import type { BusFaults } from '../../../test/support/bus-scene';
import { startRedis } from '../../../test/support/redis';
import { startRedisCluster, startSentinel } from '../../../test/support/redis-groups';
import { startTcpProxy } from '../../../test/support/tcp-proxy';
import { describeBus } from './bus.case.test';
import { createRedisTransport } from './redis';

describeBus('Redis behind a wire that is cut', async () => {
  const redis = await startRedis();
  const wire = await startTcpProxy(redis.port);
  return {
    connect: () => createRedisTransport({ kind: 'single', url: `redis://127.0.0.1:${wire.port}` }),
    faults: {
      cut: () => wire.cut(),
      heal: () => wire.heal(),
      mute: () => wire.swallow(),
      unmute: () => wire.heal(),
    },
    async close() {
      await wire.close();
      await redis.close();
    },
  };
});

describeBus('Redis that is killed and started again', async () => {
  const redis = await startRedis();
  return {
    connect: () => createRedisTransport({ kind: 'single', url: redis.url }),
    faults: killable(redis),
    close: () => redis.close(),
  };
});

describeBus('Redis found through a Sentinel, killed and started again', async () => {
  const redis = await startSentinel();
  return {
    connect: () =>
      createRedisTransport({
        kind: 'sentinel',
        name: 'main',
        nodes: [{ host: '127.0.0.1', port: redis.sentinelPort }],
        login: { tls: false },
      }),
    faults: killable(redis),
    close: () => redis.close(),
  };
});

describeBus('a Redis cluster, frozen and thawed', async () => {
  const redis = await startRedisCluster();
  return {
    connect: () =>
      createRedisTransport({
        kind: 'cluster',
        nodes: [{ host: '127.0.0.1', port: redis.port }],
        login: { tls: false },
      }),
    // A killed server would lose its slots, which were assigned by hand.
    faults: {
      cut: () => redis.freeze(),
      heal: () => redis.thaw(),
      mute: () => redis.freeze(),
      unmute: () => redis.thaw(),
    },
    close: () => redis.close(),
  };
});

/** A server that is cut by killing it. */
function killable(redis: {
  kill(): Promise<void>;
  start(): Promise<void>;
  freeze(): void;
  thaw(): void;
}): BusFaults {
  let isUp = true;
  return {
    async cut() {
      await redis.kill();
      isUp = false;
    },
    async heal() {
      if (!isUp) await redis.start();
      isUp = true;
    },
    mute: () => redis.freeze(),
    unmute: () => redis.thaw(),
  };
}
