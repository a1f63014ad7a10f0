import { expect, test } from 'vitest';
import { openPasteScene, typeInShell } from '../support/pasted';
import { startRedis } from '../support/redis';

test('what is pasted into a stream of Redis arrives, and what cannot be stored is told', async () => {
  const redis = await startRedis();
  const scene = await openPasteScene({ REDIS_URL: redis.url, REDIS_SAMPLES_STREAM: 'metrics' });
  // The config takes Redis to be where it is by default.
  const here = `redis-cli() { command redis-cli -p ${redis.port} "$@"; }`;
  try {
    await typeInShell(`${here}\n${scene.config('redis', 'A shell')}`);
    expect(await scene.heard.samplesOf('', 'redis')).toBe(1);
    await typeInShell(`${here}\nredis-cli XADD metrics '*' body '{"name":"bad name","value":1}'`);
    await expect
      .poll(() => scene.heard.newest?.clients.find(({ protocol }) => protocol === 'redis'), {
        timeout: 30_000,
      })
      .toMatchObject({ samples: 1, refused: 1, refusal: { status: null } });
  } finally {
    await scene.close();
    await redis.close();
  }
});
