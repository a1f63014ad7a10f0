import { hostOf, lines, type Protocol, portOf } from './protocol';

const SETTINGS = { STATSD_PORT: '8125' };

export const statsd: Protocol = {
  name: 'StatsD',
  senders: 'Libraries of StatsD and of Datadog, over UDP or TCP',
  arrives: {
    settings: SETTINGS,
    note: 'It knows no keys: whoever reaches the port may write, so it listens on this machine until KEYLESS_HOST says otherwise.',
  },
  configs: [
    {
      title: 'Node.js, with hot-shots',
      text: (place) =>
        lines(
          "import { StatsD } from 'hot-shots';",
          `const statsd = new StatsD({ host: '${hostOf(place)}', port: ${portOf(place, SETTINGS)}, prefix: 'shop.', globalTags: { env: 'prod' } });`,
          "statsd.increment('orders', { country: 'se' });",
        ),
    },
    {
      title: 'A shell',
      text: (place) =>
        `echo "orders:1|c|#country:se" | nc -u -w 1 ${hostOf(place)} ${portOf(place, SETTINGS)}`,
    },
  ],
  docs: 'docs/protocols/statsd.md',
};
