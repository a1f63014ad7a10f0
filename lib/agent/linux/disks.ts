import { counter, gauge, percent, type Reading, type Source } from '../reading';
import type { ReadText } from './read-text';

/** /proc/diskstats counts in sectors of 512 bytes whatever the device's own sector is (kernel: block/stat.rst). */
const SECTOR_BYTES = 512;

/** Whole disks: their partitions, and what lies on top of other disks (dm, md), would count everything twice. */
const WHOLE_DISK = /^(sd[a-z]+|hd[a-z]+|vd[a-z]+|xvd[a-z]+|nvme\d+n\d+|mmcblk\d+)$/;

interface DiskIo {
  reads: number;
  readSectors: number;
  writes: number;
  writtenSectors: number;
  busyMs: number;
}

export function diskSource(readText: ReadText, now: () => number): Source {
  let before = new Map<string, DiskIo>();
  let beforeAt = 0;
  return {
    name: 'disks',
    everyMs: 0,
    read() {
      const disks = parseDisks(readText('/proc/diskstats'));
      const at = now();
      const readings = diskReadings(disks, before, at - beforeAt);
      before = disks;
      beforeAt = at;
      return readings;
    },
  };
}

export function parseDisks(diskstats: string): Map<string, DiskIo> {
  const disks = new Map<string, DiskIo>();
  for (const line of diskstats.split('\n')) {
    const [, , name, ...fields] = line.trim().split(/\s+/);
    if (!name || !WHOLE_DISK.test(name)) continue;
    const [reads, , readSectors, , writes, , writtenSectors, , , busyMs] = fields.map(Number);
    disks.set(name, { reads, readSectors, writes, writtenSectors, busyMs });
  }
  return disks;
}

export function diskReadings(
  disks: Map<string, DiskIo>,
  before: Map<string, DiskIo>,
  elapsedMs: number,
): Reading[] {
  return [...disks].flatMap(([device, io]) => {
    const labels = { device };
    const last = before.get(device);
    return [
      counter('disk_read_bytes_total', 'bytes', io.readSectors * SECTOR_BYTES, labels),
      counter('disk_written_bytes_total', 'bytes', io.writtenSectors * SECTOR_BYTES, labels),
      counter('disk_reads_total', '', io.reads, labels),
      counter('disk_writes_total', '', io.writes, labels),
      ...(last
        ? [gauge('disk_busy_percent', 'percent', percent(io.busyMs - last.busyMs, elapsedMs), labels)]
        : []),
    ];
  });
}
