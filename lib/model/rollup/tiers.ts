import { DAY, HOUR, MINUTE } from '../time/duration';

/** Where an answer was read, cheapest first. */
export const TIERS = ['ring', 'cache', 'raw', 'minute', 'hour', 'day'] as const;
export type Tier = (typeof TIERS)[number];

/** The tiers that live in the database, finest first. */
export const STORE_TIERS = ['raw', 'minute', 'hour', 'day'] as const satisfies readonly Tier[];
export type StoreTier = (typeof STORE_TIERS)[number];

/** What each tier holds: one row a series and `stepMs` (`raw`: one row a sample), where, and which setting ends it. */
export const TIER = {
  raw: { stepMs: 1, relation: 'samples', retention: 'RETENTION_RAW' },
  minute: { stepMs: MINUTE, relation: 'rollup_minute', retention: 'RETENTION_MINUTE' },
  hour: { stepMs: HOUR, relation: 'rollup_hour', retention: 'RETENTION_HOUR' },
  day: { stepMs: DAY, relation: 'rollup_day', retention: 'RETENTION_DAY' },
} as const satisfies Record<StoreTier, { stepMs: number; relation: string; retention: string }>;

/** How long each tier is kept, in ms; Infinity: for ever. */
export type Retention = Record<StoreTier, number>;

/**
 * The retention the settings ask for. A coarser tier is kept at least as long as the finer ones it is computed
 * from: forgetting it sooner would free little, and recomputing it later would be impossible.
 */
export function retentionFrom(settings: Record<(typeof TIER)[StoreTier]['retention'], number>): Retention {
  const raw = settings.RETENTION_RAW;
  const minute = Math.max(raw, settings.RETENTION_MINUTE);
  const hour = Math.max(minute, settings.RETENTION_HOUR);
  return { raw, minute, hour, day: Math.max(hour, settings.RETENTION_DAY) };
}

/** The coarsest tier whose rows can be added up to points that begin, and end, at these times, epoch ms. */
export function tierForStarts(starts: readonly number[]): StoreTier {
  return STORE_TIERS.findLast((tier) => starts.every((start) => start % TIER[tier].stepMs === 0)) ?? 'raw';
}

/** The coarsest tier whose rows can be added up to points of this step, one of which begins at `start`, epoch ms. */
export function tierForStep(stepMs: number, start = 0): StoreTier {
  const fits = (tier: StoreTier) => stepMs % TIER[tier].stepMs === 0 && start % TIER[tier].stepMs === 0;
  return STORE_TIERS.findLast(fits) ?? 'raw';
}
