import { hostOf, lines, type Protocol, portOf } from './protocol';

const SETTINGS = { GRAPHITE_PORT: '2003' };

export const graphite: Protocol = {
  name: 'Graphite',
  senders: 'Whatever writes Graphite’s plaintext over TCP: collectd’s write_graphite, carbon-relay, nc',
  arrives: {
    settings: SETTINGS,
    note: 'It knows no keys: whoever reaches the port may write, so it listens on this machine until KEYLESS_HOST says otherwise.',
  },
  configs: [
    {
      title: 'A shell',
      text: (place) => {
        const target = `${hostOf(place)} ${portOf(place, SETTINGS)}`;
        return lines(
          `echo "servers.web-1.load 0.5 $(date +%s)" | nc -N ${target}`,
          `echo "load;host=web-1;region=eu 0.5 $(date +%s)" | nc -N ${target}`,
        );
      },
    },
  ],
  docs: 'docs/protocols/graphite.md',
};
