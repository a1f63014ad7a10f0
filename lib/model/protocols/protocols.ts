import { collectd } from './collectd';
import { events } from './events';
import { graphite } from './graphite';
import { influx } from './influx';
import { json } from './json';
import { kafka } from './kafka';
import { mqtt } from './mqtt';
import { otlp } from './otlp';
import type { Protocol } from './protocol';
import { pushgateway } from './pushgateway';
import { redisStreams } from './redis-streams';
import { remoteWrite } from './remote-write';
import { scrape } from './scrape';
import { statsd } from './statsd';
import { websocket } from './websocket';

/**
 * Every protocol that samples arrive by, in the order of the page `/connect`: a new one is a file beside this one and a
 * line here. What is noted of its senders is noted under its name here.
 */
export const PROTOCOLS = {
  json,
  prometheus: remoteWrite,
  scrape,
  otlp,
  influx,
  statsd,
  graphite,
  collectd,
  pushgateway,
  websocket,
  events,
  kafka,
  redis: redisStreams,
  mqtt,
} as const satisfies Record<string, Protocol>;
export type ProtocolId = keyof typeof PROTOCOLS;

export const PROTOCOL_IDS = Object.keys(PROTOCOLS) as ProtocolId[];

const BY_PATH = new Map(
  PROTOCOL_IDS.flatMap((id) => pathsOf(PROTOCOLS[id]).map((path) => [path, id] as const)),
);

/**
 * The protocol of an ingest endpoint, by the path that its table has, with a method before it or without; null where
 * people are told nothing of it.
 */
export function protocolAt(path: string): ProtocolId | null {
  return BY_PATH.get(path.slice(path.indexOf('/'))) ?? null;
}

function pathsOf({ arrives }: Protocol): readonly string[] {
  return arrives.paths ?? [];
}
