import { expect } from 'vitest';
import { Load } from './load';
import type { SampleKey } from './load-sample';
import { until } from './processes';
import type { ServerProcess } from './server-process';
import { storedKeys } from './stored-keys';
import { askHistory, pointsOf, Viewer } from './viewer';

const METRICS = ['cpu_usage_percent', 'memory_used_bytes', 'net_bytes_total'];
const VIEWERS = 50;
/** Samples come as late as this: beyond what nodes of these tests keep in memory. */
const LATEST_MS = 300_000;
/** What a node may hold, whatever happened to it: three times what it holds in peace. */
const MOST_RSS_BYTES = 600 * 2 ** 20;
/** Absent on a node without a spool. */
const SPOOLED = 'pulseboard_spool_bytes';

export interface SceneOptions {
  databaseUrl: string;
  nodes: ServerProcess[];
  headers?: Record<string, string>;
}

/**
 * Nodes behind a balancer that deals requests out in turn, agents that post to them until they are acknowledged, and
 * fifty viewers. Whatever is broken meanwhile: every acknowledged sample is stored, none twice, and every viewer's
 * folded stream comes to equal what the database says.
 */
export class Scene {
  readonly nodes: ServerProcess[];
  load: Load;
  viewers: Viewer[] = [];
  private turn = 0;
  private readonly startedAt = Date.now();
  private readonly ever = new Map<SampleKey, number>();

  constructor(private readonly options: SceneOptions) {
    this.nodes = options.nodes;
    this.load = this.newLoad();
  }

  get urls(): string[] {
    return this.nodes.map(({ url }) => url);
  }

  readonly next = (): string => this.urls[this.turn++ % this.nodes.length];

  /** Resolves when samples flow and everybody watches. */
  async open(): Promise<void> {
    await until(() => expect(this.load.acknowledged.size).toBeGreaterThan(50), 30_000);
    this.viewers = Array.from({ length: VIEWERS }, (_, i) => new Viewer(this.next, this.questionOf(i)));
    await Promise.all(this.viewers.map((viewer) => viewer.open()));
  }

  /** After a look at the truth the next failure needs a load again; only one: a test that failed may have left its own. */
  async goOn(): Promise<void> {
    await this.load.stop();
    this.load = this.newLoad();
    await rest(1_500);
  }

  async untilEveryoneIs(state: 'live' | 'degraded', ms = 30_000): Promise<void> {
    await until(() => {
      for (const { statuses } of this.viewers) expect(statuses.at(-1)?.state).toBe(state);
    }, ms);
  }

  /** Lets things settle without new samples, and holds everyone against the database. */
  async expectTruth(): Promise<void> {
    await this.load.stop();
    // What a spool has acknowledged is on its disk first, and in the database soon.
    for (const url of this.urls) {
      await until(async () => expect((await figureOf(url, SPOOLED)) || 0).toBe(0), 60_000);
    }
    for (const url of this.urls)
      expect(await figureOf(url, 'process_resident_memory_bytes')).toBeLessThan(MOST_RSS_BYTES);
    const stored = await storedKeys(this.options.databaseUrl);
    const { acknowledged } = this.load;
    expect(acknowledged.size).toBeGreaterThan(100);
    for (const [key, value] of acknowledged) expect([key, stored.get(key)]).toEqual([key, [value]]);

    // News of the last commits is still on its way to the other nodes, the longer the busier the machine.
    await until(() => this.expectNodesAgree(), 30_000, 500);
    await until(() => this.expectViewersKnow(), 45_000, 500);
  }

  async close(): Promise<void> {
    for (const viewer of this.viewers) viewer.close();
    await this.load.stop();
    await Promise.all(this.nodes.map((node) => node.stop()));
  }

  private async expectNodesAgree(): Promise<void> {
    for (let i = 0; i < 12; i++) {
      const answers = await Promise.all(this.urls.map((url) => askHistory(url, this.wholeQuestion(i))));
      const truth = pointsOf(answers[0]);
      expect(truth.size).toBeGreaterThan(0);
      for (const answer of answers) expectEqual(pointsOf(answer), truth);
    }
  }

  private async expectViewersKnow(): Promise<void> {
    const truths = new Map<string, Map<string, number>>();
    for (const [i, viewer] of this.viewers.entries()) {
      const key = JSON.stringify(this.questionOf(i));
      if (!truths.has(key)) truths.set(key, pointsOf(await askHistory(this.next(), this.wholeQuestion(i))));
      expectEqual(viewer.points, truths.get(key)!);
    }
  }

  private newLoad(): Load {
    const options = {
      urls: () => this.urls,
      metrics: METRICS,
      hosts: 8,
      everyMs: 300,
      latestMs: LATEST_MS,
      headers: this.options.headers,
    };
    return new Load(options, this.ever);
  }

  private questionOf(i: number): Record<string, string> {
    const metric = METRICS[i % METRICS.length];
    const aggregate = metric.endsWith('_total') ? 'increase' : ['avg', 'max', 'p95', 'last'][i % 4];
    const question = { metric, aggregate, start: String(this.startedAt - 2 * LATEST_MS), end: 'now' };
    return { ...question, by: i % 2 ? 'host' : '', step: ['5s', '10s', '1m'][i % 3] };
  }

  /** The same with an end that no sample is beyond. */
  private wholeQuestion(i: number): Record<string, string> {
    return { ...this.questionOf(i), end: String(Date.now() + 60_000) };
  }
}

function expectEqual(actual: ReadonlyMap<string, number>, expected: ReadonlyMap<string, number>): void {
  const wrong: unknown[] = [];
  for (const [key, value] of expected) {
    const found = actual.get(key);
    // Sums of the same samples in another order differ in their last bits.
    const isEqual = found !== undefined && Math.abs(found - value) <= 1e-9 * Math.max(1, Math.abs(value));
    if (!isEqual) wrong.push({ key, expected: value, found });
  }
  for (const key of actual.keys()) if (!expected.has(key)) wrong.push({ key, unexpected: actual.get(key) });
  expect(wrong.slice(0, 5)).toEqual([]);
}

export function rest(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** A figure of a node's own, by its name and labels as `GET /metrics` writes them. */
export async function figureOf(url: string, name: string): Promise<number> {
  const response = await fetch(`${url}/metrics`);
  const line = (await response.text()).split('\n').find((each) => each.startsWith(`${name} `));
  return Number(line?.slice(name.length + 1));
}
