import type { Protocol } from './protocol';

export const redisStreams: Protocol = {
  name: 'Redis Streams',
  senders: 'Whatever adds to streams of the Redis at REDIS_URL: this server pulls from them',
  arrives: {
    settings: { REDIS_SAMPLES_STREAM: 'metrics', REDIS_EVENTS_STREAM: 'events' },
    note: 'Whoever may write to the streams may write here, without a key.',
    counts: 'items',
  },
  configs: [
    {
      title: 'A shell, with redis-cli',
      text: () =>
        `redis-cli XADD metrics '*' body '{"name":"coffee_cups","value":1,"labels":{"host":"desk"}}'`,
    },
  ],
  docs: 'docs/protocols/redis-streams.md',
};
