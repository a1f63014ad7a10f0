import { readdirSync, readFileSync } from 'node:fs';

/** Kernel ticks per second in /proc; fixed at 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;
const PAGE_BYTES = 4_096;

export interface Usage {
  cpuSeconds: number;
  rssBytes: number;
}

/** CPU time since its start and memory of a process; zeros where there is no /proc. */
export function usageOf(pid: number): Usage {
  const fields = statOf(pid);
  if (!fields) return { cpuSeconds: 0, rssBytes: 0 };
  return {
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND,
    rssBytes: Number(fields[21]) * PAGE_BYTES,
  };
}

/** CPU time of all PostgreSQL processes under this data folder's postmaster, those that ended included. */
export function databaseCpuSeconds(postmaster: number): number {
  const own = statOf(postmaster);
  if (!own) return 0;
  // Fields 13 and 14 are what ended children used.
  const ended = (Number(own[13]) + Number(own[14])) / TICKS_PER_SECOND;
  return childrenOf(postmaster).reduce(
    (sum, pid) => sum + usageOf(pid).cpuSeconds,
    ended + usageOf(postmaster).cpuSeconds,
  );
}

/** Memory of all PostgreSQL processes under this postmaster, shared pages counted once; 0 where that is unknown. */
export function databaseMemoryBytes(postmaster: number): number {
  return [postmaster, ...childrenOf(postmaster)].reduce((sum, pid) => sum + proportionalBytes(pid), 0);
}

function proportionalBytes(pid: number): number {
  try {
    const [, kib] = /^Pss: +(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1')) ?? [];
    return Number(kib ?? 0) * 1_024;
  } catch {
    // It has ended, or belongs to somebody else.
    return 0;
  }
}

function childrenOf(parent: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => Number(statOf(pid)?.[1]) === parent);
}

/** Fields of /proc/PID/stat from `state` on, the third (proc(5)); null when there is no such process. */
function statOf(pid: number): string[] | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name before it may hold anything, parentheses included.
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return null;
  }
}
