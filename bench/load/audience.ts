import { Prober } from '../support/prober';
import { dashboard, openViewers } from '../support/viewers';
import type { Scene } from './scene';

const DASHBOARDS = 20;
/** Streams are opened one after the other. */
const OPEN_EVERY_MS = 10;

/** From the beginning of a POST to its event at a viewer, ms, over every viewer and probe. */
export interface EventTimes {
  p50: number;
  p95: number;
  p99: number;
  max: number;
  /** Of the probes times viewers, the share that arrived; at a tick of a second probes in between are passed over. */
  seen: number;
}

export interface Audience {
  /** Posts the time again and again for so long, and tells when viewers saw it. */
  watch(durationMs: number): Promise<EventTimes>;
  close(): void;
}

/** Opens so many streams, spread over the nodes: 20 dashboards of 12 panels at a tick of a second. */
export async function openAudience(program: string, { ports }: Scene, viewers: number): Promise<Audience> {
  const prober = new Prober(ports[0]);
  await prober.post();
  const groups = await Promise.all(
    ports.map((port, node) => {
      const own = Array.from({ length: viewers }, (_, i) => i).filter((i) => i % ports.length === node);
      const streams = own.map((i) => dashboard(Math.floor(i / ports.length) % DASHBOARDS));
      return openViewers(program, {
        port,
        streams,
        openOverMs: streams.length * OPEN_EVERY_MS * ports.length,
      });
    }),
  );
  return {
    async watch(durationMs) {
      await Promise.all(groups.map((group) => group.begin()));
      await prober.run(durationMs);
      // What was posted last is on its way for up to a tick.
      await new Promise((resolve) => setTimeout(resolve, 2_000));
      const reports = await Promise.all(groups.map((group) => group.report()));
      const delays = Float64Array.from(reports.flatMap((report) => report.delays)).sort();
      if (delays.length === 0) throw new Error('No viewer saw anything of what was posted.');
      const quantile = (share: number) => delays[Math.floor((delays.length - 1) * share)];
      return {
        p50: quantile(0.5),
        p95: quantile(0.95),
        p99: quantile(0.99),
        max: quantile(1),
        seen: delays.length / (viewers * prober.posted),
      };
    },
    close() {
      prober.close();
      for (const group of groups) group.close();
    },
  };
}
