import type { BrokerFigures } from '../../observe/broker-figures';
import type { Family, StatsdFigures } from '../../observe/figures';
import type { Root } from '../../system/root';
import { gauge, total } from './family';

const HEALTHS = ['up', 'down', 'unknown'] as const;

/** Figures about what sends to this server. */
export function ofSenders(root: Root): Family[] {
  return [
    ...ofIngest(root),
    ...ofConnections(root),
    ...ofScraping(root),
    ...ofKeyless(root),
    ...ofBrokers(root),
  ];
}

function ofIngest({ figures }: Root): Family[] {
  const { ingestRequests, ingestSamples, events, ingestSeconds, commitSeconds, commitRows } = figures;
  return [ingestRequests, ingestSamples, events, ingestSeconds, commitSeconds, commitRows].map((each) =>
    each.family(),
  );
}

function ofConnections({ figures }: Root): Family[] {
  const { connections, connectionsPaused, frames, frameBytes, frameSeconds } = figures;
  return [connections, connectionsPaused, frames, frameBytes, frameSeconds].map((each) => each.family());
}

function ofScraping({ figures, startup }: Root): Family[] {
  const scraping = startup.phase === 'ready' ? startup.system.scraping : null;
  if (!scraping) return [];
  const { targets } = scraping;
  return [
    {
      name: 'pulseboard_scrape_targets',
      help: 'Targets by their health; unknown: not scraped yet, or scraped by another node.',
      type: 'gauge',
      readings: HEALTHS.map((health) => ({
        labels: { health },
        value: targets.filter(({ state }) => state.health === health).length,
      })),
    },
    figures.scrapes.family(),
    figures.scrapedSamples.family(),
  ];
}

/** Of the ports without keys, where there are any. */
function ofKeyless({ figures, settings }: Root): Family[] {
  const { STATSD_PORT, GRAPHITE_PORT } = settings;
  if (!STATSD_PORT && !GRAPHITE_PORT) return [];
  const { keylessConnections, keylessEnded, keylessLost, statsdLines, graphiteLines } = figures;
  const both = [keylessConnections, keylessEnded, keylessLost];
  const lines = [...(STATSD_PORT ? [statsdLines] : []), ...(GRAPHITE_PORT ? [graphiteLines] : [])];
  return [...[...both, ...lines].map((each) => each.family()), ...ofStatsd(figures.statsd.open)];
}

function ofStatsd(open: StatsdFigures | null): Family[] {
  if (!open) return [];
  const { series, heldBytes, droppedPackets } = open;
  const families = [
    gauge('pulseboard_statsd_series', 'Series of StatsD that are held.', series),
    gauge('pulseboard_statsd_held_bytes', 'Memory that they take.', heldBytes),
  ];
  if (droppedPackets !== null)
    families.push(
      total(
        'pulseboard_statsd_dropped_packets_total',
        'Packets of StatsD that the system threw away, because they were not read in time.',
        droppedPackets,
      ),
    );
  return families;
}

/** Of what is pulled from brokers, where anything is. */
function ofBrokers({ figures }: Root): Family[] {
  const brokers = [...figures.brokers];
  if (brokers.length === 0) return [];
  const family = (name: string, help: string, type: Family['type'], read: (of: BrokerFigures) => number) => ({
    name: `pulseboard_broker_${name}`,
    help,
    type,
    readings: brokers.map(([broker, of]) => ({ labels: { broker }, value: read(of) })),
  });
  return [
    family('connected', 'Whether messages are pulled.', 'gauge', ({ isConnected }) => Number(isConnected)),
    family('messages_stored_total', 'Messages all of which is stored.', 'counter', ({ stored }) => stored),
    family(
      'messages_dead_total',
      'Messages that were put aside as dead letters.',
      'counter',
      ({ dead }) => dead,
    ),
    {
      ...family('lag_messages', 'Messages that wait, as of the last look.', 'gauge', ({ lag }) => lag ?? 0),
      readings: brokers.flatMap(([broker, { lag }]) =>
        lag === null ? [] : { labels: { broker }, value: lag },
      ),
    },
  ];
}
