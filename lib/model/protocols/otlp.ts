import { lines, type Protocol } from './protocol';

export const otlp: Protocol = {
  name: 'OpenTelemetry',
  senders: 'OpenTelemetry’s libraries and its collector, over HTTP in protobuf or JSON',
  arrives: { paths: ['/v1/metrics'] },
  configs: [
    {
      title: 'The environment of a program with a library of OpenTelemetry',
      text: ({ origin, key }) =>
        lines(
          `export OTEL_EXPORTER_OTLP_METRICS_ENDPOINT=${origin}/v1/metrics`,
          'export OTEL_EXPORTER_OTLP_METRICS_PROTOCOL=http/protobuf',
          key !== null &&
            `export OTEL_EXPORTER_OTLP_METRICS_HEADERS=authorization=Bearer%20${encodeURIComponent(key)}`,
          'export OTEL_METRIC_EXPORT_INTERVAL=1000 # they wait 60 s by default; live charts like it shorter',
          'export OTEL_RESOURCE_ATTRIBUTES=host.name=$HOSTNAME,service.instance.id=$HOSTNAME-1',
        ),
    },
    {
      title: 'The collector',
      text: ({ origin, key }) =>
        lines(
          'exporters:',
          '  otlphttp:',
          `    metrics_endpoint: ${origin}/v1/metrics`,
          key !== null && `    headers: { authorization: "Bearer ${key}" }`,
        ),
    },
  ],
  docs: 'docs/protocols/opentelemetry.md',
};
