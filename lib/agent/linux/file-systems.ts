import { statfs } from 'node:fs/promises';
import { gauge, percent, type Reading } from '../reading';

/** Those that hold files on this machine. A network's may hang for minutes, the others are not storage. */
const STORAGE = new Set([
  'ext2',
  'ext3',
  'ext4',
  'xfs',
  'btrfs',
  'zfs',
  'f2fs',
  'jfs',
  'vfat',
  'exfat',
  'ntfs3',
  'bcachefs',
]);

/** Mount points of storage from /proc/mounts, one per device: the others show the same file system again. */
export function parseMounts(mounts: string): string[] {
  const byDevice = new Map<string, string>();
  for (const line of mounts.split('\n')) {
    const [device, mountpoint, type] = line.split(' ');
    // A container's root is an overlay over a device that is not listed.
    const isStorage = STORAGE.has(type) || (type === 'overlay' && mountpoint === '/');
    if (isStorage && !byDevice.has(device)) byDevice.set(device, unescapeOctal(mountpoint));
  }
  return [...byDevice.values()];
}

export async function readFileSystems(mounts: string): Promise<Reading[]> {
  const readings = await Promise.all(parseMounts(mounts).map(readFileSystem));
  return readings.flat();
}

async function readFileSystem(mountpoint: string): Promise<Reading[]> {
  const { bsize, blocks, bfree, bavail, files, ffree } = await statfs(mountpoint);
  const labels = { mountpoint };
  const used = blocks - bfree;
  return [
    gauge('filesystem_size_bytes', 'bytes', blocks * bsize, labels),
    gauge('filesystem_used_bytes', 'bytes', used * bsize, labels),
    // As `df` counts it: of what users may fill, without the part kept for root.
    gauge('filesystem_used_percent', 'percent', percent(used, used + bavail), labels),
    ...(files > 0
      ? [gauge('filesystem_inodes_used_percent', 'percent', percent(files - ffree, files), labels)]
      : []),
  ];
}

/** /proc/mounts writes space, tab, newline and backslash as three octal digits. */
function unescapeOctal(text: string): string {
  return text.replace(/\\(\d{3})/g, (_, digits) => String.fromCharCode(Number.parseInt(digits, 8)));
}
