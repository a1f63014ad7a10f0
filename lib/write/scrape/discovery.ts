import { resolve4, resolve6, resolveSrv } from 'node:dns/promises';
import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { log } from '../../observe/log';
import {
  type DnsDiscovery,
  type FileDiscovery,
  type ScrapeJob,
  type TargetGroup,
  targetGroup,
} from './config';

/** Where a job's targets come from, read again every so often. */
interface Source {
  /** Of the log. */
  name: string;
  everyMs: number;
  read(): Promise<TargetGroup[]>;
}

const targetFile = z.array(targetGroup);

/**
 * Follows what targets a job has: those in its configuration at once, those of files and of DNS as they are read. A
 * source that cannot be read keeps the targets that it had.
 *
 * @param onFound called with all groups of the job, at the start and whenever a source was read
 * @returns the off-switch
 */
export function discover(job: ScrapeJob, onFound: (groups: TargetGroup[]) => void): () => void {
  const sources = [...job.file_sd_configs.map(filesOf), ...job.dns_sd_configs.map(namesOf)];
  const found: TargetGroup[][] = sources.map(() => []);
  let stopped = false;
  const publish = () => onFound([...job.static_configs, ...found.flat()]);
  const timers = new Map<number, NodeJS.Timeout>();
  const follow = async (i: number) => {
    const { name, everyMs, read } = sources[i];
    try {
      const groups = await read();
      if (stopped) return;
      found[i] = groups;
      publish();
    } catch (error) {
      log().warn(
        { err: error, job: job.job_name, source: name },
        'targets not read; those known before are kept',
      );
    }
    if (!stopped) timers.set(i, setTimeout(() => void follow(i), everyMs).unref());
  };
  publish();
  for (const i of sources.keys()) void follow(i);
  return () => {
    stopped = true;
    for (const timer of timers.values()) clearTimeout(timer);
  };
}

function filesOf({ files, refresh_interval: everyMs }: FileDiscovery): Source {
  return {
    name: files.join(),
    everyMs,
    async read() {
      const paths = (await Promise.all(files.map(matching))).flat();
      const groups = await Promise.all(
        // JSON is YAML as well.
        paths.map(async (path) => targetFile.parse(parse(await readFile(path, 'utf8')) ?? [])),
      );
      return groups.flat();
    },
  };
}

/** Files by their path, in whose last part `*` stands for anything. */
async function matching(path: string): Promise<string[]> {
  const [folder, pattern] = [dirname(path), basename(path)];
  if (!pattern.includes('*')) return [path];
  const parts = pattern.split('*').map((part) => part.replace(/[^\w-]/g, '\\$&'));
  const expression = new RegExp(`^${parts.join('.*')}$`);
  return (await readdir(folder))
    .filter((name) => expression.test(name))
    .sort()
    .map((name) => join(folder, name));
}

function namesOf({ names, type, port, refresh_interval: everyMs }: DnsDiscovery): Source {
  return {
    name: names.join(),
    everyMs,
    read: () =>
      Promise.all(
        names.map(async (name) => ({
          targets: await addressesOf(name, type, port),
          labels: { __meta_dns_name: name },
        })),
      ),
  };
}

async function addressesOf(name: string, type: DnsDiscovery['type'], port?: number): Promise<string[]> {
  switch (type) {
    case 'A':
      return (await resolve4(name)).map((address) => `${address}:${port}`);
    case 'AAAA':
      return (await resolve6(name)).map((address) => `[${address}]:${port}`);
    case 'SRV':
      return (await resolveSrv(name)).map((record) => `${record.name.replace(/\.$/, '')}:${record.port}`);
  }
}
