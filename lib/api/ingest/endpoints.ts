import { collectdEndpoint } from './collectd';
import type { IngestEndpoint } from './endpoint';
import { eventsEndpoint } from './events';
import { influxEndpoints } from './influx';
import { jsonEndpoint } from './json';
import { otlpEndpoint } from './otlp';
import { pushEndpoints } from './push';
import { remoteWriteEndpoint } from './remote-write';
import { IngestRoutes } from './routes';

/** Every ingest protocol: a new one is a file beside this one and a line here. */
export const INGEST_ENDPOINTS: readonly IngestEndpoint[] = [
  jsonEndpoint,
  eventsEndpoint,
  remoteWriteEndpoint,
  otlpEndpoint,
  ...influxEndpoints,
  ...pushEndpoints,
  collectdEndpoint,
];

export const INGEST_ROUTES = new IngestRoutes(INGEST_ENDPOINTS);
