import { counter, gauge, percent, type Reading, type Source } from '../reading';
import type { ReadText } from './read-text';

/** Jiffies of one line of /proc/stat since boot, as proc(5) orders them. `guest` is part of `user` already. */
interface CpuTimes {
  user: number;
  system: number;
  iowait: number;
  steal: number;
  busy: number;
  total: number;
}

const MODES = ['user', 'system', 'iowait', 'steal'] as const;

/** CPU use between two readings, in total, per core and per mode; the first reading only remembers. */
export function cpuSource(readText: ReadText): Source {
  let before = parseCpuTimes(readText('/proc/stat'));
  return {
    name: 'cpu',
    everyMs: 0,
    read() {
      const text = readText('/proc/stat');
      const now = parseCpuTimes(text);
      const readings = cpuUsage(before, now);
      before = now;
      return [...readings, ...parseActivity(text)];
    },
  };
}

/** Lines `cpu`, `cpu0`, `cpu1` … of /proc/stat, by name. */
export function parseCpuTimes(stat: string): Map<string, CpuTimes> {
  const times = new Map<string, CpuTimes>();
  for (const line of stat.split('\n')) {
    if (!line.startsWith('cpu')) break;
    const [name, ...fields] = line.split(/\s+/);
    const [user, nice, system, idle, iowait, irq, softirq, steal] = fields.map(Number);
    const busy = user + nice + system + irq + softirq + steal;
    times.set(name, {
      user: user + nice,
      system: system + irq + softirq,
      iowait,
      steal,
      busy,
      total: busy + idle + iowait,
    });
  }
  return times;
}

export function cpuUsage(before: Map<string, CpuTimes>, now: Map<string, CpuTimes>): Reading[] {
  const readings: Reading[] = [];
  for (const [name, times] of now) {
    const last = before.get(name);
    const elapsed = last ? times.total - last.total : 0;
    if (!last || elapsed <= 0) continue;
    const usage = percent(times.busy - last.busy, elapsed);
    if (name !== 'cpu') {
      // A metric of its own, so that adding up or averaging `cpu_usage_percent` never counts a core twice.
      readings.push(gauge('cpu_core_usage_percent', 'percent', usage, { core: name.slice('cpu'.length) }));
      continue;
    }
    readings.push(gauge('cpu_usage_percent', 'percent', usage));
    for (const mode of MODES) {
      readings.push(
        gauge('cpu_mode_percent', 'percent', percent(times[mode] - last[mode], elapsed), { mode }),
      );
    }
  }
  return readings;
}

const ACTIVITY: Record<string, (value: number) => Reading> = {
  ctxt: (value) => counter('context_switches_total', '', value),
  processes: (value) => counter('processes_forked_total', '', value),
  procs_running: (value) => gauge('processes_running', '', value),
  procs_blocked: (value) => gauge('processes_blocked', '', value),
};

/** The other lines of /proc/stat worth a chart. */
export function parseActivity(stat: string): Reading[] {
  return stat.split('\n').flatMap((line) => {
    const [name, value] = line.split(' ', 2);
    return name in ACTIVITY ? [ACTIVITY[name](Number(value))] : [];
  });
}
