import { lines, type Protocol } from './protocol';

export const pushgateway: Protocol = {
  name: 'Pushgateway',
  senders: 'Jobs that push to Prometheus’ Pushgateway before they end',
  arrives: { paths: ['/metrics/job/*', '/metrics/job@base64/*'] },
  configs: [
    {
      title: 'A shell',
      text: ({ origin, key }) =>
        lines(
          'echo "backup_bytes{kind=\\"full\\"} 123456789" |',
          `  curl --data-binary @-${key === null ? '' : ` -H 'authorization: Bearer ${key}'`} ${origin}/metrics/job/backup/instance/db-1`,
        ),
    },
    {
      title: 'Node.js, with prom-client',
      text: ({ origin, key }) =>
        lines(
          "import { Pushgateway } from 'prom-client';",
          `const gateway = new Pushgateway('${origin}'${key === null ? '' : `, { headers: { authorization: 'Bearer ${key}' } }`});`,
          "await gateway.pushAdd({ jobName: 'backup', groupings: { instance: 'db-1' } });",
        ),
    },
    {
      title: 'Go',
      text: ({ origin, key }) =>
        lines(
          `push.New("${origin}", "backup").Grouping("instance", "db-1").Gatherer(registry).`,
          `\t${key === null ? '' : `BasicAuth("any", "${key}").`}Format(expfmt.NewFormat(expfmt.TypeTextPlain)).Push()`,
        ),
    },
  ],
  docs: 'docs/protocols/pushgateway.md',
};
