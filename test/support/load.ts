import { keyOf, type SampleKey, type TestSample } from './load-sample';

export interface LoadOptions {
  /** Servers to post to; asked for every post. */
  urls(): string[];
  metrics: readonly string[];
  hosts: number;
  /** One post of each host every so many ms. */
  everyMs: number;
  headers?: Record<string, string>;
  /** How late some of the samples are at most, ms. */
  latestMs: number;
}

/**
 * A fleet's agents, each posting to whichever server comes next and sending the same body again, to another server,
 * until it is acknowledged. Remembers every acknowledged sample.
 */
export class Load {
  readonly acknowledged = new Map<SampleKey, number>();
  refused = 0;
  posts = 0;
  private stopped = false;
  private turn = 0;
  private readonly agents: Promise<void>[];

  constructor(
    private readonly options: LoadOptions,
    /** Everything that loads of the same series have had acknowledged before: a late sample may meet one of those. */
    private readonly ever = new Map<SampleKey, number>(),
  ) {
    this.agents = Array.from({ length: options.hosts }, (_, i) => this.agent(`host-${i}`));
  }

  /** Stops measuring; resolves when everything measured has been acknowledged. */
  async stop(): Promise<void> {
    this.stopped = true;
    await Promise.all(this.agents);
  }

  private async agent(host: string): Promise<void> {
    for (let round = 0; !this.stopped; round++) {
      const now = Date.now();
      // Every seventh round is late, as after an outage of the agent's own network.
      const timestamp = round % 7 === 6 ? now - Math.floor(Math.random() * this.options.latestMs) : now;
      const samples = this.options.metrics.map((name, i) => ({
        name,
        labels: { host },
        timestamp,
        value: Math.round(Math.random() * 1_000) / 8 + i,
      }));
      await this.deliver(samples);
      await sleep(this.options.everyMs * (0.5 + Math.random()));
    }
  }

  private async deliver(samples: TestSample[]): Promise<void> {
    for (;;) {
      if (await this.post(samples)) {
        // The first value of a (series, timestamp) stays.
        for (const sample of samples) {
          const key = keyOf(sample);
          if (!this.ever.has(key)) this.ever.set(key, sample.value);
          this.acknowledged.set(key, this.ever.get(key)!);
        }
        return;
      }
      this.refused++;
      await sleep(100);
    }
  }

  private async post(samples: TestSample[]): Promise<boolean> {
    const urls = this.options.urls();
    const url = urls[this.turn++ % urls.length];
    this.posts++;
    try {
      const response = await fetch(`${url}/api/metrics`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...this.options.headers },
        body: JSON.stringify({ samples }),
        signal: AbortSignal.timeout(15_000),
      });
      await response.arrayBuffer();
      return response.status === 200;
    } catch {
      // No answer: sent again, to the next one.
      return false;
    }
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
