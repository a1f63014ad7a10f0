import { startRedis } from '../../../test/support/redis';
import { startUpstashFront } from '../../../test/support/upstash-front';
import { describeBus } from './bus.case.test';
import { createUpstashTransport } from './upstash';

describeBus("Upstash's HTTP, whose subscriptions end unnoticed", async () => {
  const redis = await startRedis();
  const front = await startUpstashFront(redis.url);
  return {
    connect: () => createUpstashTransport({ url: front.url, token: front.token, quietMs: 1_000 }),
    faults: {
      cut: () => front.cut(),
      heal: () => front.heal(),
      // Also what a clean end of the stream looks like to the client: nothing at all.
      mute: () => front.muteSubscriptions(),
      unmute: () => front.endSubscriptions(),
    },
    async close() {
      await front.close();
      await redis.close();
    },
  };
});
