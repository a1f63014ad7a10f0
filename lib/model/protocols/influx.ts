import { hostOf, lines, type Protocol } from './protocol';

const LINE = 'cpu,host=my-server usage=41.5';

export const influx: Protocol = {
  name: 'InfluxDB line protocol',
  senders: 'Telegraf, the influx shell, InfluxDB’s libraries of versions 1, 2 and 3',
  arrives: { paths: ['/write', '/api/v2/write', '/api/v3/write_lp'] },
  configs: [
    {
      title: 'telegraf.conf',
      text: ({ origin, key }) =>
        lines(
          '[[outputs.influxdb_v2]]',
          `  urls = ["${origin}"]`,
          key !== null && `  token = "${key}"`,
          '  organization = "any"   # neither is looked at',
          '  bucket = "any"',
        ),
    },
    {
      title: 'telegraf.conf, as to version 1',
      text: ({ origin, key }) =>
        lines(
          '[[outputs.influxdb]]',
          `  urls = ["${origin}"]`,
          '  database = "any"       # is not looked at, nor is the name',
          '  skip_database_creation = true',
          key !== null && '  username = "any"',
          key !== null && `  password = "${key}"`,
        ),
    },
    {
      title: 'The influx shell of version 1',
      text: (place) => {
        const { origin, key } = place;
        const { port, protocol } = new URL(origin);
        const isTls = protocol === 'https:';
        const login = key === null ? '' : ` -username any -password ${key}`;
        return lines(
          `influx -host ${hostOf(place)} -port ${port || (isTls ? 443 : 80)}${isTls ? ' -ssl' : ''}${login} \\`,
          `  -database any -execute 'INSERT ${LINE}'`,
        );
      },
    },
    {
      title: 'A line, as to version 3',
      text: ({ origin, key }) =>
        lines(
          `curl '${origin}/api/v3/write_lp?db=any' \\`,
          key !== null && `  -H 'authorization: Bearer ${key}' \\`,
          `  --data-binary '${LINE}'`,
        ),
    },
  ],
  docs: 'docs/protocols/influxdb.md',
};
