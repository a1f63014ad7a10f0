import { lines, type Protocol } from './protocol';

export const collectd: Protocol = {
  name: 'collectd',
  senders: 'collectd’s plugin write_http',
  arrives: { paths: ['/api/collectd'] },
  configs: [
    {
      title: 'collectd.conf',
      text: ({ origin, key }) =>
        lines(
          'LoadPlugin write_http',
          '<Plugin write_http>',
          '  <Node "pulseboard">',
          `    URL "${origin}/api/collectd"`,
          '    Format "JSON"',
          '    StoreRates false',
          key !== null && `    Header "Authorization: Bearer ${key}"`,
          '    BufferSize 4096     # it sends when so many bytes are full: small, so that charts are live',
          '    LogHttpError true',
          '  </Node>',
          '</Plugin>',
        ),
    },
  ],
  docs: 'docs/protocols/collectd.md',
};
