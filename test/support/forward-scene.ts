import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import postgres from 'postgres';
import { createTestDatabase } from './postgres';
import { type ServerEnv, type ServerProcess, startBareNode } from './server-process';
import { WriteSink } from './write-sink';

/** Servers, receivers, databases and a folder of one test. */
export class ForwardScene {
  readonly folder = mkdtempSync(join(tmpdir(), 'forward-'));
  private readonly offs: Array<() => Promise<unknown>> = [];

  async database(): Promise<string> {
    const database = await createTestDatabase();
    this.offs.push(() => database.drop());
    return database.url;
  }

  async sink(): Promise<WriteSink> {
    const sink = new WriteSink();
    await sink.open();
    this.offs.push(() => sink.close());
    return sink;
  }

  /** @param name of its folder under the scene's */
  async node(name: string, env: ServerEnv): Promise<ServerProcess> {
    const node = await startBareNode({ DATA_DIR: join(this.folder, name), ...env });
    this.offs.push(() => node.stop());
    return node;
  }

  async end(): Promise<void> {
    for (const off of this.offs.splice(0).reverse()) await off();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export interface PostedSample {
  name: string;
  labels: Record<string, string>;
  timestamp: number;
  value: number;
}

/** Posts samples; resolves with whether they were acknowledged, and false where no answer came. */
export async function post({ url }: Pick<ServerProcess, 'url'>, samples: PostedSample[]): Promise<boolean> {
  const response = await fetch(`${url}/api/metrics`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ samples }),
  }).catch(() => null);
  return response?.ok === true;
}

/** The figures of a server about forwarding, by name and labels without `pulseboard_forward_`. */
export async function forwardFigures({ url }: Pick<ServerProcess, 'url'>): Promise<Record<string, number>> {
  const text = await (await fetch(`${url}/api/prometheus`)).text();
  const lines = [...text.matchAll(/^pulseboard_forward_(\S+) (\S+)$/gm)];
  return Object.fromEntries(lines.map(([, name, value]) => [name, Number(value)]));
}

/** Every sample of metrics whose name begins so, as texts that compare with those of a sink. */
export async function storedTexts(databaseUrl: string, prefix: string): Promise<string[]> {
  const sql = postgres(databaseUrl, { max: 1 });
  try {
    const rows = await sql<
      Array<{ name: string; labels: Record<string, string>; at: number; value: number }>
    >`
      select metrics.name, labels, round(date_part('epoch', ts) * 1000)::float8 as at, value
      from samples join series on series.id = samples.series_id join metrics on metrics.id = series.metric_id
      where starts_with(metrics.name, ${prefix})`;
    return rows.map(
      ({ name, labels, at, value }) =>
        `${name} ${JSON.stringify(Object.entries(labels).sort())} ${at} ${value}`,
    );
  } finally {
    await sql.end();
  }
}
