import { HOUR, MINUTE, SECOND } from '../../lib/model/time/duration';
import { connect } from '../../lib/store/connection';
import type { Store } from '../../lib/store/store';
import { createFleet } from '../../scripts/simulate/fleet';
import { timed } from '../support/median';
import { below, type Row, row, whole } from '../support/report';

const FLEET = { servers: 1_000, metrics: 10, seed: 1 };
const FLEET_STEP_MS = 10 * SECOND;
const FLEET_LENGTH_MS = HOUR;

/** An hour of a simulated fleet through the front door, then what it takes once it is in order; and questions to it. */
export async function measureDisk(store: Store, url: string, now: number): Promise<Row[]> {
  const { sql } = connect(url, {});
  try {
    // Hours of their own, so that nothing else lies in their chunks.
    const start = now - 6 * HOUR;
    console.log(`Simulating ${whole(FLEET_LENGTH_MS / MINUTE)} minutes of ${whole(FLEET.servers)} servers …`);
    await playFleet(store, start, start + FLEET_LENGTH_MS);
    const size = async () => {
      const [{ bytes, samples }] = await sql`
        select (select sum(total_bytes)::float8 from chunks_detailed_size('samples_packed') join timescaledb_information.chunks using (chunk_schema, chunk_name)
          where range_start >= to_timestamp(${start / 1000}::float8) and range_end <= to_timestamp(${(start + FLEET_LENGTH_MS) / 1000}::float8)) as bytes,
        (select count(*)::float8 from samples where ts >= to_timestamp(${start / 1000}::float8) and ts < to_timestamp(${(start + FLEET_LENGTH_MS) / 1000}::float8)) as samples`;
      return { perSample: bytes / samples, samples };
    };
    const before = await size();
    for (let done = false; !done; )
      done = (await store.upkeep.maintain(now + 10 * MINUTE)).rolledUpTo >= now + 8 * MINUTE;
    await store.upkeep.maintain(now + 10 * MINUTE);
    const after = await size();
    const rollups = await sql`
      select view_name as name, hypertable_size(format('%I', view_name)::regclass)::float8 as bytes from timescaledb_information.continuous_aggregates`;
    return [
      row(
        `on disk as appended, ${whole(after.samples)} samples`,
        `${before.perSample.toFixed(1)} B a sample`,
      ),
      {
        ...row('on disk in order', `${after.perSample.toFixed(2)} B a sample`),
        goal: '< 4 B',
        isMet: after.perSample < 4,
      },
      ...rollups.map(({ name, bytes }) =>
        row(`${name} on disk, not packed yet`, `${whole(bytes / 2 ** 20)} MiB`),
      ),
      below('12 series, 1 h by 10 s, raw', await timePanels(store, start), 100),
    ];
  } finally {
    await sql.end();
  }
}

async function playFleet(store: Store, start: number, end: number): Promise<void> {
  const fleet = createFleet(FLEET);
  const ids = new Map<string, number>();
  for (let at = start; at < end; at += FLEET_STEP_MS) {
    for (let first = 0; first < fleet.length; first += 200) {
      const batches = fleet
        .slice(first, first + 200)
        .flatMap((server) => server.report(at + server.phaseMs(FLEET_STEP_MS)) ?? []);
      const samples = batches.flatMap(({ host, timestamp, labels, samples: all }) =>
        all.map(({ name, value, labels: own }) => ({
          identity: { metric: name, labels: { host, ...labels, ...own } },
          key: `${name} ${host} ${JSON.stringify(own ?? {})}`,
          timestamp,
          value,
        })),
      );
      const unknown = samples.filter(({ key }) => !ids.has(key));
      const stored = await store.catalogue.ensure(unknown.map(({ identity }) => identity));
      unknown.forEach(({ key }, i) => {
        ids.set(key, stored[i].id);
      });
      const rows = samples
        .map(({ key, timestamp, value }) => [ids.get(key) as number, timestamp, value] as const)
        .toSorted((a, b) => a[0] - b[0] || a[1] - b[1]);
      await store.samples.append({
        seriesIds: rows.map(([id]) => id),
        timestamps: rows.map(([, t]) => t),
        values: rows.map(([, , value]) => value),
      });
    }
  }
}

async function timePanels(store: Store, start: number): Promise<number> {
  const all = [];
  for await (const page of store.catalogue.load()) all.push(...page);
  const { host } = all[all.length - 1].labels;
  const panels = all.filter(({ labels }) => labels.host === host).slice(0, 12);
  return timed(() =>
    Promise.all(
      panels.map(({ id, metricId }) =>
        store.samples.readPoints({
          metricId,
          groups: [[id]],
          wholeMetric: false,
          aggregates: ['avg', 'min', 'max'],
          start,
          end: start + HOUR,
          step: 10 * SECOND,
        }),
      ),
    ),
  );
}
