import { hostOf, lines, type Protocol, portOf } from './protocol';

const SETTING = ['GRAPHITE_PORT', '2003'] as const;

export const graphite: Protocol = {
  name: 'Graphite',
  senders: 'Whatever writes Graphite’s plaintext over TCP: collectd’s write_graphite, carbon-relay, nc',
  arrives: {
    setting: SETTING,
    note: 'It knows no keys: whoever reaches the port may write, so it listens on this machine until KEYLESS_HOST says otherwise.',
  },
  configs: [
    {
      title: 'A shell',
      text: (place) => {
        const target = `${hostOf(place)} ${portOf(place, SETTING)}`;
        return lines(
          `echo "servers.web-1.load 0.5 $(date +%s)" | nc -N ${target}`,
          `echo "load;host=web-1;region=eu 0.5 $(date +%s)" | nc -N ${target}`,
        );
      },
    },
  ],
  docs: 'docs/protocols/graphite.md',
};
