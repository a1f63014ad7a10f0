import { startRedis } from '../../test/support/redis';
import { startTcpProxy } from '../../test/support/tcp-proxy';
import { describeBus } from './bus.case.test';
import { createRedisTransport } from './redis';

describeBus('Redis behind a wire that is cut', async () => {
  const redis = await startRedis();
  const wire = await startTcpProxy(redis.port);
  return {
    connect: () => createRedisTransport({ kind: 'single', url: `redis://127.0.0.1:${wire.port}` }),
    cut: () => wire.cut(),
    heal: () => wire.heal(),
    mute: () => wire.swallow(),
    unmute: () => wire.heal(),
    async close() {
      await wire.close();
      await redis.close();
    },
  };
});

describeBus('Redis that is killed and started again', async () => {
  const redis = await startRedis();
  let isUp = true;
  return {
    connect: () => createRedisTransport({ kind: 'single', url: redis.url }),
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
    close: () => redis.close(),
  };
});
