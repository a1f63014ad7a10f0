import { gauge, percent, type Reading } from '../reading';

/** Memory and swap from /proc/meminfo. "Used" is what no program could get: total less available. */
export function parseMemory(meminfo: string): Reading[] {
  const bytes = new Map<string, number>();
  for (const [, name, kib] of meminfo.matchAll(/^(\w+):\s+(\d+) kB$/gm)) bytes.set(name, Number(kib) * 1_024);
  const of = (name: string) => bytes.get(name) ?? 0;

  const total = of('MemTotal');
  const used = total - of('MemAvailable');
  const readings = [
    gauge('memory_total_bytes', 'bytes', total),
    gauge('memory_used_bytes', 'bytes', used),
    gauge('memory_available_bytes', 'bytes', of('MemAvailable')),
    gauge('memory_cached_bytes', 'bytes', of('Cached') + of('Buffers') + of('SReclaimable')),
    gauge('memory_used_percent', 'percent', percent(used, total)),
  ];
  const swap = of('SwapTotal');
  if (swap === 0) return readings;
  const swapUsed = swap - of('SwapFree');
  return [
    ...readings,
    gauge('swap_total_bytes', 'bytes', swap),
    gauge('swap_used_bytes', 'bytes', swapUsed),
    gauge('swap_used_percent', 'percent', percent(swapUsed, swap)),
  ];
}
