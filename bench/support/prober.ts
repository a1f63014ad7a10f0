import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { PROBE } from './viewers';

const PROBE_EVERY_MS = 137;

/** Posts the time, now and then. */
export class Prober {
  posted = 0;
  private readonly agent = new Agent({ keepAlive: true });

  constructor(private readonly port: number) {}

  async run(durationMs: number): Promise<void> {
    const end = performance.now() + durationMs;
    const posts: Promise<void>[] = [];
    for (this.posted = 0; performance.now() < end; this.posted++) {
      posts.push(this.post());
      await new Promise((resolve) => setTimeout(resolve, PROBE_EVERY_MS));
    }
    await Promise.all(posts);
  }

  async post(): Promise<void> {
    const now = performance.timeOrigin + performance.now();
    const outgoing = request({
      port: this.port,
      agent: this.agent,
      method: 'POST',
      path: '/api/metrics',
      headers: { 'content-type': 'application/json' },
    });
    // Never a whole number: that is how a viewer knows it.
    outgoing.end(JSON.stringify({ name: PROBE, value: Math.floor(now) + 0.5, timestamp: Math.floor(now) }));
    const [response] = await once(outgoing, 'response');
    response.resume();
    await once(response, 'end');
  }

  close(): void {
    this.agent.destroy();
  }
}
