import { cpus, freemem, loadavg, totalmem, uptime } from 'node:os';
import { SECOND } from '../model/time/duration';
import { counter, gauge, percent, type Reading, type Source } from './reading';

const SLOW_MS = 10 * SECOND;

/** Loaded on first use: Linux does not need it. */
const systemInformation = async () => (await import('systeminformation')).default;

/** macOS, Windows and the BSDs, through Node itself and the `systeminformation` package, under the names Linux has. */
export function portableSources(): Source[] {
  return [
    cpuSource(),
    { name: 'load', everyMs: 0, read: readLoad },
    { name: 'memory', everyMs: SECOND, read: readMemory },
    { name: 'network', everyMs: SECOND, read: readNetwork },
    { name: 'uptime', everyMs: SLOW_MS, read: () => [gauge('uptime_seconds', 'seconds', uptime())] },
    { name: 'disks', everyMs: SLOW_MS, inBackground: true, read: readDisks },
    { name: 'file systems', everyMs: SLOW_MS, inBackground: true, read: readFileSystems },
    { name: 'temperatures', everyMs: SLOW_MS, inBackground: true, read: readTemperature },
    { name: 'processes', everyMs: 3 * SLOW_MS, inBackground: true, read: readProcesses },
  ];
}

function cpuSource(): Source {
  let before = cpus();
  return {
    name: 'cpu',
    everyMs: 0,
    read() {
      const now = cpus();
      const cores = now.map(({ times }, core) => {
        const last = before[core]?.times ?? times;
        const idle = times.idle - last.idle;
        const total = sum(Object.values(times)) - sum(Object.values(last));
        return { busy: total - idle, total };
      });
      before = now;
      const total = sum(cores.map((core) => core.total));
      if (total <= 0) return [];
      return [
        gauge('cpu_usage_percent', 'percent', percent(sum(cores.map((core) => core.busy)), total)),
        ...cores.map((core, at) =>
          gauge('cpu_core_usage_percent', 'percent', percent(core.busy, core.total), { core: String(at) }),
        ),
      ];
    },
  };
}

function readLoad(): Reading[] {
  const [one, five, fifteen] = loadavg();
  return [gauge('load1', '', one), gauge('load5', '', five), gauge('load15', '', fifteen)];
}

async function readMemory(): Promise<Reading[]> {
  const si = await systemInformation();
  // Node's "free" counts caches as used on macOS; the package knows what is available.
  const memory = await si.mem();
  const total = memory.total || totalmem();
  const used = total - (memory.available || freemem());
  return [
    gauge('memory_total_bytes', 'bytes', total),
    gauge('memory_used_bytes', 'bytes', used),
    gauge('memory_available_bytes', 'bytes', total - used),
    gauge('memory_used_percent', 'percent', percent(used, total)),
    ...(memory.swaptotal > 0
      ? [
          gauge('swap_total_bytes', 'bytes', memory.swaptotal),
          gauge('swap_used_bytes', 'bytes', memory.swapused),
          gauge('swap_used_percent', 'percent', percent(memory.swapused, memory.swaptotal)),
        ]
      : []),
  ];
}

async function readNetwork(): Promise<Reading[]> {
  const si = await systemInformation();
  const interfaces = await si.networkStats();
  return interfaces.flatMap((one) => {
    const labels = { interface: one.iface };
    return [
      counter('network_receive_bytes_total', 'bytes', one.rx_bytes, labels),
      counter('network_receive_errors_total', '', one.rx_errors, labels),
      counter('network_receive_drops_total', '', one.rx_dropped, labels),
      counter('network_transmit_bytes_total', 'bytes', one.tx_bytes, labels),
      counter('network_transmit_errors_total', '', one.tx_errors, labels),
      counter('network_transmit_drops_total', '', one.tx_dropped, labels),
    ];
  });
}

async function readDisks(): Promise<Reading[]> {
  const si = await systemInformation();
  const [operations, bytes] = await Promise.all([si.disksIO(), si.fsStats()]);
  const labels = { device: 'all' };
  // Windows and some containers answer null for what they do not count.
  return [
    ...(bytes ? [counter('disk_read_bytes_total', 'bytes', bytes.rx, labels)] : []),
    ...(bytes ? [counter('disk_written_bytes_total', 'bytes', bytes.wx, labels)] : []),
    ...(operations ? [counter('disk_reads_total', '', operations.rIO, labels)] : []),
    ...(operations ? [counter('disk_writes_total', '', operations.wIO, labels)] : []),
  ];
}

async function readFileSystems(): Promise<Reading[]> {
  const si = await systemInformation();
  const fileSystems = await si.fsSize();
  return fileSystems.flatMap(({ mount, size, used, available }) => {
    const labels = { mountpoint: mount };
    return [
      gauge('filesystem_size_bytes', 'bytes', size, labels),
      gauge('filesystem_used_bytes', 'bytes', used, labels),
      gauge('filesystem_used_percent', 'percent', percent(used, used + available), labels),
    ];
  });
}

async function readTemperature(): Promise<Reading[]> {
  const si = await systemInformation();
  const { main } = await si.cpuTemperature();
  return main ? [gauge('temperature_celsius', 'celsius', main, { chip: 'cpu', sensor: 'main' })] : [];
}

async function readProcesses(): Promise<Reading[]> {
  const si = await systemInformation();
  const { all, running, blocked } = await si.processes();
  return [
    gauge('processes_count', '', all),
    gauge('processes_running', '', running),
    gauge('processes_blocked', '', blocked),
  ];
}

function sum(values: number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
