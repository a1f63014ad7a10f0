/** What every server of the fleet measures. */
export const METRICS = [
  'cpu_usage_percent',
  'memory_used_percent',
  'load1',
  'disk_busy_percent',
  'filesystem_used_percent',
  'network_receive_bytes_per_second',
  'network_transmit_bytes_per_second',
  'http_requests_per_second',
  'http_request_duration_seconds',
  'temperature_celsius',
];
const LABELS = { region: 'eu-west', role: 'web' };

/** Text that stands for digits, which change with each message. */
interface Digits {
  timestamp: string;
  value: string;
}

export interface Format {
  readonly contentType: string;
  /** The body with one sample of every metric of each host; ASCII. */
  body(hosts: readonly string[], digits: Digits): string;
}

const batch = (host: string, { timestamp, value }: Digits, before = '') => {
  const samples = METRICS.map((name) => `{"name":"${name}","value":${value}}`).join(',');
  return `{${before}"host":"${host}","timestamp":${timestamp},"labels":${JSON.stringify(LABELS)},"samples":[${samples}]}`;
};

/** How samples are written down. The first four are Pulseboard's own, the last one InfluxDB's. */
export const FORMATS = {
  /** What one server measured. */
  batch: { contentType: 'application/json', body: ([host], digits) => batch(host, digits) },
  /** The same as a numbered frame. */
  frame: {
    contentType: 'application/json',
    body: ([host], digits) => batch(host, digits, '"seq":1000000000,'),
  },
  /** Samples of many servers, each with its labels. */
  array: {
    contentType: 'application/json',
    body(hosts, { timestamp, value }) {
      const samples = hosts.flatMap((host) => {
        const labels = JSON.stringify({ host, ...LABELS });
        return METRICS.map(
          (name) => `{"name":"${name}","value":${value},"timestamp":${timestamp},"labels":${labels}}`,
        );
      });
      return `[${samples.join(',')}]`;
    },
  },
  /** A batch a line. */
  lines: {
    contentType: 'application/x-ndjson',
    body: (hosts, digits) => hosts.map((host) => `${batch(host, digits)}\n`).join(''),
  },
  influx: {
    contentType: 'text/plain; charset=utf-8',
    body: (hosts, { timestamp, value }) =>
      hosts
        .flatMap((host) =>
          METRICS.map(
            (name) =>
              `${name},host=${host},region=${LABELS.region},role=${LABELS.role} value=${value} ${timestamp}\n`,
          ),
        )
        .join(''),
  },
} satisfies Record<string, Format>;

export type FormatName = keyof typeof FORMATS;
