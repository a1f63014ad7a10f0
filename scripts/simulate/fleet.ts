import type { Labels } from '../../lib/model/labels';
import { HOUR, MINUTE, SECOND } from '../../lib/model/time/duration';
import { type Moment, metricsOf, type SimulatedMetric } from './metrics';
import { chance, happeningAt, smoothNoise } from './random';
import { dailyRhythm, REGIONS, type Region, ROLES, type Role, strainAt } from './world';

const OUTAGES = { slotMs: HOUR, probability: 0.1, shortestMs: 2 * MINUTE, longestMs: 15 * MINUTE };
const RESTARTS = { slotMs: 3 * HOUR, probability: 0.08, shortestMs: 15 * SECOND, longestMs: 50 * SECOND };
/** What does not count as a restart: the fleet's first boots lie somewhere in the days before. */
const OLDEST_BOOT_MS = 20 * 24 * HOUR;

/** A batch as `POST /api/metrics` takes it. */
export interface Batch {
  host: string;
  timestamp: number;
  labels: Labels;
  samples: Array<{ name: string; value: number; labels?: Labels; type?: string; unit?: string }>;
}

/** One server of the fleet. Everything about it follows from seed and number, but its counters, which add up. */
export class SimulatedServer {
  readonly host: string;
  readonly labels: Labels;
  private readonly key: number;
  private readonly role: Role;
  private readonly region: Region;
  private readonly cores: number;
  private readonly counters: Float64Array;
  private bootedAt = Number.NaN;
  private lastAt = Number.NaN;
  private hasIntroducedItself = false;

  constructor(
    private readonly seed: number,
    readonly number: number,
    private readonly metrics: readonly SimulatedMetric[],
  ) {
    this.key = Math.floor(chance(seed, number, 10) * 2 ** 31);
    this.role = pick(ROLES, chance(seed, number, 11));
    this.region = pick(REGIONS, chance(seed, number, 12));
    this.cores = 2 ** (1 + Math.floor(chance(seed, number, 13) * 4));
    this.counters = new Float64Array(metrics.length);
    this.host = `${this.role.name}-${this.region.short}-${String(number + 1).padStart(4, '0')}`;
    this.labels = {
      region: this.region.name,
      role: this.role.name,
      env: chance(seed, number, 14) < 0.85 ? 'prod' : 'staging',
    };
  }

  /** Where in an interval this server speaks: the fleet does not speak with one voice. */
  phaseMs(intervalMs: number): number {
    return Math.floor(chance(this.seed, this.number, 15) * intervalMs);
  }

  /**
   * What it posts at `t`; null while it is away. Ask in the order of time: counters add up from one answer to the next.
   */
  report(t: number): Batch | null {
    if (happeningAt(t, OUTAGES, this.key, 1) || happeningAt(t, RESTARTS, this.key, 2)) return null;
    this.noticeRestart(t);
    const moment = this.momentAt(t);
    const elapsedSeconds = Number.isNaN(this.lastAt)
      ? 0
      : (t - Math.max(this.lastAt, this.bootedAt)) / SECOND;
    this.lastAt = t;
    const isIntroduction = !this.hasIntroducedItself;
    this.hasIntroducedItself = true;
    return {
      host: this.host,
      timestamp: t,
      labels: this.labels,
      samples: this.metrics.map((metric, at) => {
        const { name, type, unit, labels } = metric;
        const value = metric.value(moment);
        if (type === 'counter') this.counters[at] += value * elapsedSeconds;
        const shown = type === 'counter' ? Math.floor(this.counters[at]) : Math.round(value * 1_000) / 1_000;
        // What a metric is need not be said every second.
        return isIntroduction ? { name, value: shown, labels, type, unit } : { name, value: shown, labels };
      }),
    };
  }

  private noticeRestart(t: number): void {
    if (Number.isNaN(this.bootedAt)) this.bootedAt = t - Math.floor(chance(this.key, 16) * OLDEST_BOOT_MS);
    if (Number.isNaN(this.lastAt)) return;
    // It restarted if it was down for a restart at any moment since it last spoke.
    for (let at = this.lastAt; at < t; at += RESTARTS.shortestMs) {
      const restart = happeningAt(at, RESTARTS, this.key, 2);
      if (!restart || restart.end > t) continue;
      this.bootedAt = restart.end;
      this.counters.fill(0);
    }
  }

  private momentAt(t: number): Moment {
    const { key, role, region, cores, bootedAt } = this;
    const strain = strainAt(t, this.seed, role, region);
    const rhythm = dailyRhythm(t, region);
    const noise = 0.06 * smoothNoise(t, MINUTE, key, 3) + 0.04 * smoothNoise(t, 7 * SECOND, key, 4);
    const own = 0.8 + 0.4 * chance(key, 17);
    const load = clamp((role.load + role.swing * rhythm) * own + noise + strain.load, 0.005, 1);
    const traffic = (0.25 + 0.75 * rhythm) * own * strain.traffic * (1 + noise);
    return {
      t,
      key,
      load,
      cores,
      bootedAt,
      requestsPerSecond: Math.max(0, role.requestsPerSecond * traffic),
      // A queue's waiting time: it takes off when the server is nearly full.
      latencySeconds: (role.latencySeconds * strain.latency * (1 + 0.3 * noise)) / (1.05 - load),
      errors: clamp(0.0005 + strain.errors, 0, 1),
    };
  }
}

/** A fleet of `servers` with `metrics` each; the same seed gives the same fleet. */
export function createFleet(options: { servers: number; metrics: number; seed: number }): SimulatedServer[] {
  const metrics = metricsOf(options.metrics);
  return Array.from(
    { length: options.servers },
    (_, number) => new SimulatedServer(options.seed, number, metrics),
  );
}

/** The item of a weighted list at `position` of [0, 1). */
function pick<T extends { share: number }>(items: readonly T[], position: number): T {
  let passed = 0;
  for (const item of items) {
    passed += item.share;
    if (position < passed) return item;
  }
  return items[items.length - 1];
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
