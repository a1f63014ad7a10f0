import { gauge, type Reading } from '../reading';

/** The three load averages from /proc/loadavg. */
export function parseLoad(loadavg: string): Reading[] {
  const [one, five, fifteen] = loadavg.split(' ').map(Number);
  return [gauge('load1', '', one), gauge('load5', '', five), gauge('load15', '', fifteen)];
}

/** Seconds since boot from /proc/uptime. */
export function parseUptime(uptime: string): Reading[] {
  return [gauge('uptime_seconds', 'seconds', Number.parseFloat(uptime))];
}
