import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { parseBytes } from '../../model/units';
import { authorization, basicAuth, credentialsOf, duration, tlsConfig } from '../client-config';
import { relabelRule } from './relabel';

const size = z.coerce.string().transform((text, context) => {
  const bytes = parseBytes(text);
  if (bytes !== null) return bytes;
  context.addIssue('a size such as 10MB');
  return z.NEVER;
});

const labels = z.record(z.string(), z.coerce.string());
const targets = z.array(z.string().regex(/^[^\s/]+$/, 'host:port, without scheme and path'));

/** Targets with the labels they share: an entry of `static_configs`, and of a file of targets. */
export const targetGroup = z.strictObject({ targets, labels: labels.default({}) });
export type TargetGroup = z.output<typeof targetGroup>;

const fileDiscovery = z.strictObject({
  files: z.array(z.string()).min(1),
  refresh_interval: duration.prefault('5s'),
});
const dnsDiscovery = z
  .strictObject({
    names: z.array(z.string()).min(1),
    type: z.enum(['SRV', 'A', 'AAAA']).default('SRV'),
    port: z.int().min(1).max(65_535).optional(),
    refresh_interval: duration.prefault('30s'),
  })
  .refine(({ type, port }) => type === 'SRV' || port, { path: ['port'], error: 'needed with A and AAAA' });

export type FileDiscovery = z.output<typeof fileDiscovery>;
export type DnsDiscovery = z.output<typeof dnsDiscovery>;

const job = z.strictObject({
  job_name: z.string().min(1),
  scrape_interval: duration.optional(),
  scrape_timeout: duration.optional(),
  metrics_path: z.string().startsWith('/').default('/metrics'),
  scheme: z.enum(['http', 'https']).default('http'),
  params: z.record(z.string(), z.array(z.string())).default({}),
  honor_labels: z.boolean().default(false),
  honor_timestamps: z.boolean().default(true),
  enable_compression: z.boolean().default(true),
  sample_limit: z.int().min(0).default(0),
  body_size_limit: size.prefault('16MiB'),
  basic_auth: basicAuth,
  authorization,
  tls_config: tlsConfig,
  static_configs: z.array(targetGroup).default([]),
  file_sd_configs: z.array(fileDiscovery).default([]),
  dns_sd_configs: z.array(dnsDiscovery).default([]),
  relabel_configs: z.array(relabelRule).default([]),
  metric_relabel_configs: z.array(relabelRule).default([]),
});

const scrapeConfig = z.strictObject({
  global: z
    .strictObject({
      scrape_interval: duration.prefault('1m'),
      scrape_timeout: duration.prefault('10s'),
      evaluation_interval: z.unknown().optional(),
      external_labels: labels.optional(),
    })
    .prefault({}),
  scrape_configs: z.array(job).default([]),
});

type ParsedJob = z.output<typeof job>;

/** A job as it is scraped: what it leaves to `global` filled in, its files named from the configuration's folder. */
export interface ScrapeJob extends Omit<ParsedJob, 'scrape_interval' | 'scrape_timeout'> {
  intervalMs: number;
  timeoutMs: number;
  /** Value of the `Authorization` header. */
  credentials: string | null;
  /** PEM text. */
  certificateAuthority: string | null;
}

/**
 * Reads a configuration in the form of Prometheus' own, as far as it is about scraping (docs/scraping.md).
 * @throws Error that names every field that is wrong, or not known here
 */
export async function readScrapeConfig(path: string): Promise<ScrapeJob[]> {
  const { global, scrape_configs: jobs } = parseScrapeConfig(await readFile(path, 'utf8'));
  const within = (file: string) => resolve(dirname(path), file);
  const read = async (file: string | undefined) =>
    file ? (await readFile(within(file), 'utf8')).trim() : undefined;
  return Promise.all(
    jobs.map(async ({ scrape_interval, scrape_timeout, ...rest }) => {
      const intervalMs = scrape_interval ?? global.scrape_interval;
      return {
        ...rest,
        intervalMs,
        timeoutMs: Math.min(scrape_timeout ?? global.scrape_timeout, intervalMs),
        file_sd_configs: rest.file_sd_configs.map((each) => ({ ...each, files: each.files.map(within) })),
        credentials: await credentialsOf(rest, read),
        certificateAuthority: (await read(rest.tls_config?.ca_file)) ?? null,
      };
    }),
  );
}

function parseScrapeConfig(text: string): z.output<typeof scrapeConfig> {
  const result = scrapeConfig.safeParse(parse(text) ?? {});
  if (result.success) {
    const names = result.data.scrape_configs.map(({ job_name: name }) => name);
    const twice = names.find((name, i) => names.indexOf(name) !== i);
    if (twice !== undefined) throw new Error(`two jobs are called ${twice}`);
    return result.data;
  }
  throw new Error(result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; '));
}
