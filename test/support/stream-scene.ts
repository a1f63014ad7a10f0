import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import type { Labels } from '@/lib/model/labels';
import type { GroupPoints } from '@/lib/model/points';
import { LiveReader } from './live-reader';
import { startTestNode, type TestNode, type TestSample } from './node';

/** What tests of streams share: a node of its own for each test, a metric nobody else has, and readers. */
export function streamScene() {
  let server: Awaited<ReturnType<typeof startTestNode>>;
  let node: TestNode;
  let metric: string;
  let metricNumber = 0;

  beforeAll(async () => {
    server = await startTestNode();
  });
  beforeEach(async () => {
    node = await server.start();
    metric = `stream_${metricNumber++}`;
  });
  afterEach(() => node.stop());
  afterAll(() => server.close());

  const now = () => server.clock.now();
  return {
    get server() {
      return server;
    },
    get node() {
      return node;
    },
    get metric() {
      return metric;
    },
    now,
    advance: (ms: number) => server.clock.advance(ms),
    sample: (value: number, labels: Labels = {}, timestamp = now()): TestSample => ({
      name: metric,
      labels,
      timestamp,
      value,
    }),
    /** Opens a stream of one query about the metric. */
    open(
      query: Record<string, string>,
      stream: Record<string, string> = {},
      lastEventId: string | null = null,
    ): Promise<LiveReader> {
      const q = new URLSearchParams({ metric, ...query }).toString();
      return LiveReader.open(node.live, new URLSearchParams({ q, ...stream }), lastEventId);
    },
    seriesOf: (reader: LiveReader) =>
      reader.eventsOf('points').map(({ data }) => (data as { series: GroupPoints[] }).series),
  };
}
