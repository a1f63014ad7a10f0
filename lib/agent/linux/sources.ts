import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SECOND } from '../../model/time/duration';
import { gauge, type Source } from '../reading';
import { cpuSource } from './cpu';
import { diskSource } from './disks';
import { readFileSystems } from './file-systems';
import { parseLoad, parseUptime } from './load';
import { parseMemory } from './memory';
import { parseNetwork } from './network';
import type { ReadText } from './read-text';
import { readTemperatures } from './temperatures';

const SLOW_MS = 10 * SECOND;

/**
 * Linux, read from /proc and /sys: under half a millisecond a tick, where the `systeminformation` package needs 13 ms
 * and starts processes. Reads are synchronous: the kernel answers from memory, so a thread pool would cost more.
 * @param root where /proc and /sys are, for tests
 */
export function linuxSources(root = '/'): Source[] {
  const readText: ReadText = (path) => readFileSync(join(root, path), 'utf8');
  const slow = { everyMs: SLOW_MS, inBackground: true };
  return [
    cpuSource(readText),
    { name: 'load', everyMs: 0, read: () => parseLoad(readText('/proc/loadavg')) },
    { name: 'memory', everyMs: 0, read: () => parseMemory(readText('/proc/meminfo')) },
    diskSource(readText, Date.now),
    { name: 'network', everyMs: 0, read: () => parseNetwork(readText('/proc/net/dev')) },
    { name: 'uptime', everyMs: SLOW_MS, read: () => parseUptime(readText('/proc/uptime')) },
    { name: 'processes', everyMs: SLOW_MS, read: () => [gauge('processes_count', '', countProcesses(root))] },
    { name: 'file systems', ...slow, read: () => readFileSystems(readText('/proc/mounts')) },
    { name: 'temperatures', ...slow, read: () => readTemperatures(root) },
  ];
}

function countProcesses(root: string): number {
  return readdirSync(join(root, 'proc')).filter((name) => /^\d+$/.test(name)).length;
}
