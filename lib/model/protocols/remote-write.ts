import { lines, type Protocol } from './protocol';

export const remoteWrite: Protocol = {
  name: 'Prometheus remote write',
  senders: 'Prometheus, its agent mode, Grafana Alloy, vmagent',
  arrives: { paths: ['/api/v1/write'] },
  configs: [
    {
      title: 'prometheus.yml',
      text: ({ origin, key }) =>
        lines(
          'remote_write:',
          `  - url: ${origin}/api/v1/write`,
          key !== null && '    authorization:',
          key !== null && `      credentials: ${key}`,
          '    queue_config:',
          '      batch_send_deadline: 1s # Prometheus waits 5 s by default; live charts like it shorter',
          '    metadata_config:',
          '      send: false             # 1.0 sends types apart from samples; they are not used',
        ),
    },
  ],
  docs: 'docs/protocols/prometheus-remote-write.md',
};
