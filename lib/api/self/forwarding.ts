import { SECOND } from '../../model/time/duration';
import type { Family, Reading } from '../../observe/figures';
import type { Root } from '../../system/root';
import type { DestinationFigures } from '../../write/forward/destination';
import { gauge } from './family';

/** Figures about where samples are forwarded to; none where they are not. */
export function ofForwarding({ startup }: Root): Family[] {
  const forwarding = startup.phase === 'ready' ? startup.system.forwarding : null;
  if (!forwarding) return [];
  const { destinations, maxBytes, lostToDisk } = forwarding.figures;
  const each = (read: (figures: DestinationFigures) => number): Reading[] =>
    destinations.map((figures) => ({ labels: { destination: figures.name }, value: read(figures) }));
  const family = (type: Family['type'], name: string, help: string, readings: Reading[]): Family => ({
    name: `pulseboard_forward_${name}`,
    help,
    type,
    readings,
  });
  const dropped = destinations.flatMap((figures) =>
    Object.entries({ ...figures.dropped, disk: lostToDisk }).map(([reason, value]) => ({
      labels: { destination: figures.name, reason },
      value,
    })),
  );
  return [
    family(
      'gauge',
      'up',
      'Whether the destination took or refused the newest request; NaN before the first.',
      each(({ isUp }) => (isUp === null ? Number.NaN : Number(isUp))),
    ),
    family(
      'gauge',
      'queue_bytes',
      'Bytes on this disk that wait to be forwarded.',
      each(({ bytes }) => bytes),
    ),
    gauge(
      'pulseboard_forward_queue_limit_bytes',
      'Bytes that may wait before the oldest are dropped.',
      maxBytes,
    ),
    family(
      'gauge',
      'queue_samples',
      'Samples that wait to be forwarded.',
      each(({ waiting }) => waiting),
    ),
    family(
      'gauge',
      'lag_seconds',
      'How long the oldest sample that is being forwarded has waited.',
      each(({ lagMs }) => lagMs / SECOND),
    ),
    family(
      'counter',
      'samples_total',
      'Samples that the destination has taken.',
      each(({ sent }) => sent),
    ),
    family(
      'counter',
      'filtered_samples_total',
      'Samples that write_relabel_configs left out.',
      each(({ filtered }) => filtered),
    ),
    family('counter', 'dropped_samples_total', 'Samples that are not forwarded, by why.', dropped),
    family(
      'counter',
      'retries_total',
      'Requests that were sent again.',
      each(({ retries }) => retries),
    ),
  ];
}
