import { lines, type Protocol } from './protocol';

export const scrape: Protocol = {
  name: 'Scraping',
  senders: 'Exporters, and whatever has a page of metrics for Prometheus: this server asks them',
  arrives: {
    settings: { SCRAPE_CONFIG: 'scrape.yml' },
    note: 'Targets need no address of this server and no key of it.',
  },
  configs: [
    {
      title: 'scrape.yml, in the form of prometheus.yml',
      text: () =>
        lines(
          'global:',
          '  scrape_interval: 1s',
          'scrape_configs:',
          '  - job_name: node',
          '    static_configs:',
          "      - targets: ['web-1:9100', 'web-2:9100']",
          '        labels: { region: eu }',
          '    relabel_configs:',
          '      # The pages of the fleet know a server by its label `host`.',
          "      - { source_labels: [__address__], regex: '(.*):\\d+', target_label: host }",
        ),
    },
  ],
  docs: 'docs/scraping.md',
};
