import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Reading } from '../reading';
import { cpuUsage, parseActivity, parseCpuTimes } from './cpu';
import { diskReadings, parseDisks } from './disks';
import { parseMounts } from './file-systems';
import { parseLoad, parseUptime } from './load';
import { parseMemory } from './memory';
import { parseNetwork } from './network';
import { readTemperatures } from './temperatures';

/** Readings as `name{label="value"}` → value. */
function flat(readings: Reading[]): Record<string, number> {
  return Object.fromEntries(
    readings.map(({ name, value, labels = {} }) => {
      const shown = Object.entries(labels).map(([label, text]) => `${label}="${text}"`);
      return [shown.length > 0 ? `${name}{${shown.join(',')}}` : name, value];
    }),
  );
}

describe('CPU', () => {
  const before = parseCpuTimes('cpu  100 0 50 800 50 0 0 0 0 0\ncpu0 60 0 20 400 20 0 0 0 0 0\nintr 1\n');

  it('is the busy share of the time between two readings, in total and per core', () => {
    const now = parseCpuTimes('cpu  150 10 70 880 60 5 5 20 0 0\ncpu0 60 0 20 500 20 0 0 0 0 0\nintr 1\n');
    expect(flat(cpuUsage(before, now))).toEqual({
      cpu_usage_percent: 55,
      'cpu_mode_percent{mode="user"}': 30,
      'cpu_mode_percent{mode="system"}': 15,
      'cpu_mode_percent{mode="iowait"}': 5,
      'cpu_mode_percent{mode="steal"}': 10,
      'cpu_core_usage_percent{core="0"}': 0,
    });
  });

  it('says nothing of a core that was not there before', () => {
    const now = parseCpuTimes('cpu  200 0 50 800 50 0 0 0\ncpu1 60 0 20 500 20 0 0 0\n');
    expect(flat(cpuUsage(before, now))).not.toHaveProperty('cpu_core_usage_percent{core="1"}');
  });

  it('reads the activity of the scheduler', () => {
    expect(
      flat(
        parseActivity('cpu 1 2\nctxt 1990473\nbtime 1\nprocesses 2915\nprocs_running 1\nprocs_blocked 0\n'),
      ),
    ).toEqual({
      context_switches_total: 1_990_473,
      processes_forked_total: 2_915,
      processes_running: 1,
      processes_blocked: 0,
    });
  });
});

it('counts memory as used when no program could get it, and swap only where there is some', () => {
  const meminfo =
    'MemTotal:  1000 kB\nMemFree:  100 kB\nMemAvailable:  400 kB\nBuffers:  10 kB\nCached:  200 kB\nSReclaimable:  5 kB\n';
  const readings = flat(parseMemory(`${meminfo}SwapTotal:  0 kB\nSwapFree:  0 kB\n`));
  expect(readings).toMatchObject({
    memory_used_bytes: 600 * 1_024,
    memory_cached_bytes: 215 * 1_024,
    memory_used_percent: 60,
  });
  expect(readings).not.toHaveProperty('swap_used_percent');
  expect(flat(parseMemory(`${meminfo}SwapTotal:  80 kB\nSwapFree:  60 kB\n`))).toMatchObject({
    swap_used_percent: 25,
  });
});

it('reads load and uptime', () => {
  expect(flat(parseLoad('0.20 0.18 0.12 1/80 11206\n'))).toEqual({ load1: 0.2, load5: 0.18, load15: 0.12 });
  expect(flat(parseUptime('350735.47 234388.90\n'))).toEqual({ uptime_seconds: 350_735.47 });
});

it('reads whole disks only, in bytes, and how busy they were', () => {
  const earlier = parseDisks('   8  0 sda 10 0 100 5 20 0 200 6 0 400 11\n');
  const disks = parseDisks(
    '   8  0 sda 12 0 108 5 24 0 264 6 0 650 11 0 0 0 0\n   8  1 sda1 9 0 9 9 9 9 9 9 9 9 9\n   7  0 loop0 1 0 8 0 0 0 0 0 0 0 0\n 253  0 dm-0 1 0 8 0 0 0 0 0 0 0 0\n',
  );
  expect(flat(diskReadings(disks, earlier, 1_000))).toEqual({
    'disk_read_bytes_total{device="sda"}': 108 * 512,
    'disk_written_bytes_total{device="sda"}': 264 * 512,
    'disk_reads_total{device="sda"}': 12,
    'disk_writes_total{device="sda"}': 24,
    'disk_busy_percent{device="sda"}': 25,
  });
});

it('reads real network interfaces only', () => {
  const netDev = [
    'Inter-|   Receive                                                |  Transmit',
    ' face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed',
    '    lo:    3193      29    0    0    0     0          0         0     3193      29    0    0    0     0       0          0',
    'docker0: 1 1 0 0 0 0 0 0 1 1 0 0 0 0 0 0',
    '  eth0:853162269   20454    1    2    0     0          0         0  1142851   11611    3    4    0     0       0          0',
  ];
  expect(flat(parseNetwork(netDev.join('\n')))).toEqual({
    'network_receive_bytes_total{interface="eth0"}': 853_162_269,
    'network_receive_packets_total{interface="eth0"}': 20_454,
    'network_receive_errors_total{interface="eth0"}': 1,
    'network_receive_drops_total{interface="eth0"}': 2,
    'network_transmit_bytes_total{interface="eth0"}': 1_142_851,
    'network_transmit_packets_total{interface="eth0"}': 11_611,
    'network_transmit_errors_total{interface="eth0"}': 3,
    'network_transmit_drops_total{interface="eth0"}': 4,
  });
});

it('takes each file system once, storage only, names unescaped', () => {
  const mounts = [
    'proc /proc proc rw 0 0',
    '/dev/sda1 / ext4 rw 0 0',
    '/dev/sda1 /var/lib/bind ext4 rw 0 0',
    '/dev/sdb1 /mnt/big\\040disk xfs rw 0 0',
    'nas:/x /mnt/nas nfs4 rw 0 0',
    'tmpfs /run tmpfs rw 0 0',
  ];
  expect(parseMounts(mounts.join('\n'))).toEqual(['/', '/mnt/big disk']);
});

describe('temperatures', () => {
  it('come from sensors, named by their label where there is one', async () => {
    const root = await mkdtemp(join(tmpdir(), 'pulseboard-sys-'));
    const chip = join(root, 'sys/class/hwmon/hwmon0');
    await mkdir(chip, { recursive: true });
    const files = {
      name: 'coretemp\n',
      temp1_input: '47500\n',
      temp1_label: 'Package id 0\n',
      temp2_input: '46000\n',
      fan1_input: '900\n',
    };
    for (const [file, text] of Object.entries(files)) await writeFile(join(chip, file), text);
    expect(flat(await readTemperatures(root))).toEqual({
      'temperature_celsius{chip="coretemp",sensor="Package id 0"}': 47.5,
      'temperature_celsius{chip="coretemp",sensor="temp2"}': 46,
    });
    await rm(root, { recursive: true });
  });

  it('are none on a machine without sensors', async () => {
    expect(await readTemperatures('/nowhere')).toEqual([]);
  });
});
