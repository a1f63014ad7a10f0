import { lines, type Protocol } from './protocol';

const SAMPLE = '{"name":"cpu_usage_percent","value":42,"labels":{"host":"my-server"}}';
const OTHER = '{"name":"memory_used_percent","value":61.5,"labels":{"host":"my-server"}}';

export const json: Protocol = {
  name: 'Agent and JSON',
  senders: 'Pulseboard’s own agent, and whatever can send JSON over HTTP',
  arrives: { paths: ['/api/metrics'] },
  configs: [
    {
      title: 'The agent: this machine’s CPU, memory, disks and network, every second',
      text: ({ origin, key }) =>
        lines(key !== null && `export PULSEBOARD_KEY=${key}`, `npm run agent -- --url ${origin}`),
    },
    {
      title: 'A sample, as JSON',
      text: ({ origin, key }) =>
        lines(
          `curl ${origin}/api/metrics \\`,
          key !== null && `  -H 'authorization: Bearer ${key}' \\`,
          "  -H 'content-type: application/json' \\",
          `  -d '${SAMPLE}'`,
        ),
    },
    {
      title: 'Many samples, a line each',
      text: ({ origin, key }) =>
        lines(
          `curl ${origin}/api/metrics \\`,
          key !== null && `  -H 'authorization: Bearer ${key}' \\`,
          "  -H 'content-type: application/x-ndjson' --data-binary @- <<'END'",
          SAMPLE,
          OTHER,
          'END',
        ),
    },
  ],
  docs: 'docs/protocols/json.md',
};
