import { createHash } from 'node:crypto';
import { type Labels, labelsKey } from '../../model/labels';
import type { ScrapeJob, TargetGroup } from './config';
import { relabel } from './relabel';

/** One address that is scraped. */
export interface Target {
  job: ScrapeJob;
  url: string;
  /** Given to each of its samples: `job`, `instance`, and those of its group. */
  labels: Labels;
  /** Names it on every node: targets of the same address and labels are one. */
  key: string;
  /** When in each interval it is scraped, ms: spread over the interval, the same on every node. */
  offsetMs: number;
}

/** The targets of a job's groups, each once, without those that its rules drop. */
export function targetsOf(job: ScrapeJob, groups: readonly TargetGroup[]): Target[] {
  const targets = new Map<string, Target>();
  for (const group of groups) {
    for (const address of group.targets) {
      const target = createTarget(job, address, group.labels);
      if (target) targets.set(target.key, target);
    }
  }
  return [...targets.values()];
}

/** As Prometheus makes it: the rules see the address and where it is asked as labels that begin with `__`. */
function createTarget(job: ScrapeJob, address: string, labels: Labels): Target | null {
  const parameters = Object.entries(job.params).map(([name, values]) => [`__param_${name}`, values[0] ?? '']);
  const relabelled = relabel(
    {
      ...Object.fromEntries(parameters),
      job: job.job_name,
      __address__: address,
      __scheme__: job.scheme,
      __metrics_path__: job.metrics_path,
      ...labels,
    },
    job.relabel_configs,
  );
  if (!relabelled?.__address__) return null;
  const url = urlOf(job, relabelled);
  if (!URL.canParse(url)) return null;
  const own = { instance: relabelled.__address__, ...withoutInternal(relabelled) };
  const key = url + labelsKey(own);
  return { job, url, labels: own, key, offsetMs: hashOf(key) % job.intervalMs };
}

function urlOf(job: ScrapeJob, labels: Labels): string {
  const query = new URLSearchParams();
  const names = new Set([...Object.keys(job.params), ...parametersOf(labels)]);
  for (const name of names) {
    const [first, ...others] = job.params[name] ?? [];
    for (const value of [labels[`__param_${name}`] ?? first, ...others])
      if (value !== undefined) query.append(name, value);
  }
  const address = `${labels.__scheme__}://${labels.__address__}${labels.__metrics_path__}`;
  return query.size === 0 ? address : `${address}?${query}`;
}

function parametersOf(labels: Labels): string[] {
  return Object.keys(labels).flatMap((name) =>
    name.startsWith('__param_') ? [name.slice('__param_'.length)] : [],
  );
}

function withoutInternal(labels: Labels): Labels {
  return Object.fromEntries(
    Object.entries(labels).filter(([name, value]) => !name.startsWith('__') && value !== ''),
  );
}

/** 32 bits that are the same on every node. */
export function hashOf(text: string): number {
  return createHash('sha1').update(text).digest().readUInt32BE(0);
}
