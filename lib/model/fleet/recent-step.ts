/** Distance of a sparkline's points, and how many it has: ten minutes. Client-safe. */
export const RECENT_STEP_MS = 15_000;
export const RECENT_POINTS = 40;
