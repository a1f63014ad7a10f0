import { DAY, HOUR, MINUTE, SECOND } from '../../lib/model/time/duration';
import { chance, happeningAt } from './random';

/** What the fleet is made of. `share`: the part of the fleet; `load`, of 1: at night; `swing`: what the day adds. */
export const ROLES = [
  { name: 'web', share: 0.4, load: 0.15, swing: 0.45, requestsPerSecond: 220, latencySeconds: 0.06 },
  { name: 'api', share: 0.25, load: 0.2, swing: 0.4, requestsPerSecond: 150, latencySeconds: 0.03 },
  { name: 'worker', share: 0.2, load: 0.45, swing: 0.2, requestsPerSecond: 25, latencySeconds: 0.8 },
  { name: 'cache', share: 0.08, load: 0.1, swing: 0.2, requestsPerSecond: 1_800, latencySeconds: 0.001 },
  { name: 'db', share: 0.07, load: 0.3, swing: 0.25, requestsPerSecond: 600, latencySeconds: 0.008 },
] as const;
export type Role = (typeof ROLES)[number];

export const REGIONS = [
  { name: 'eu-west', short: 'eu', share: 0.45, utcOffsetHours: 1 },
  { name: 'us-east', short: 'us', share: 0.35, utcOffsetHours: -5 },
  { name: 'ap-south', short: 'ap', share: 0.2, utcOffsetHours: 5.5 },
] as const;
export type Region = (typeof REGIONS)[number];

/** What goes wrong for many servers at once, and what it does to one that it hits. */
const INCIDENTS = [
  { kind: 'saturation', load: 0.5, latency: 3, errors: 0.01, traffic: 1.2 },
  { kind: 'slow dependency', load: -0.05, latency: 9, errors: 0.04, traffic: 0.9 },
  { kind: 'traffic spike', load: 0.3, latency: 1.6, errors: 0.002, traffic: 2.5 },
  { kind: 'failing deploy', load: 0.1, latency: 1.2, errors: 0.25, traffic: 1 },
] as const;

const INCIDENT_TIMES = {
  slotMs: 15 * MINUTE,
  probability: 0.4,
  shortestMs: 2 * MINUTE,
  longestMs: 9 * MINUTE,
};

/** How an incident begins and ends: not in one second. */
const RAMP_MS = 20 * SECOND;

/** What an incident does to one server now; no effect: load 0, factors 1. */
export interface Strain {
  load: number;
  latency: number;
  errors: number;
  traffic: number;
}

const CALM: Strain = { load: 0, latency: 1, errors: 0, traffic: 1 };

/** The incident that hits this role in this region at `t`. Each hits one role, in one region or in all. */
export function strainAt(t: number, seed: number, role: Role, region: Region): Strain {
  const incident = happeningAt(t, INCIDENT_TIMES, seed);
  if (!incident) return CALM;
  const isRole = ROLES[Math.floor(chance(incident.id, 4, seed) * ROLES.length)] === role;
  const regionAt = Math.floor(chance(incident.id, 5, seed) * (REGIONS.length + 1));
  const isRegion = regionAt === REGIONS.length || REGIONS[regionAt] === region;
  if (!isRole || !isRegion) return CALM;
  const { load, latency, errors, traffic } =
    INCIDENTS[Math.floor(chance(incident.id, 6, seed) * INCIDENTS.length)];
  const strength = Math.min(1, (t - incident.start) / RAMP_MS, (incident.end - t) / RAMP_MS);
  return {
    load: load * strength,
    latency: 1 + (latency - 1) * strength,
    errors: errors * strength,
    traffic: 1 + (traffic - 1) * strength,
  };
}

/** How busy people are, 0 at four in the morning, 1 at four in the afternoon, less on a weekend. */
export function dailyRhythm(t: number, region: Region): number {
  const localMs = t + region.utcOffsetHours * HOUR;
  const hour = (localMs % DAY) / HOUR;
  // The epoch began on a Thursday.
  const weekday = Math.floor(localMs / DAY + 4) % 7;
  const isWeekend = weekday === 0 || weekday === 6;
  return (0.5 - 0.5 * Math.cos(((hour - 4) / 24) * 2 * Math.PI)) * (isWeekend ? 0.7 : 1);
}
