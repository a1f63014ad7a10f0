import { afterAll, afterEach, beforeAll } from 'vitest';
import { parseQuery } from '@/lib/read/query/query-params';
import { type PlaceOptions, startTestNode, type TestNode } from './node';

type TestServer = Awaited<ReturnType<typeof startTestNode>>;

/** A node for each test of a file, on one database: starts and stops them, and asks the newest for history. */
export function useHistoryNodes(options: PlaceOptions = {}) {
  let server: TestServer;
  let node: TestNode | undefined;
  let metricNumber = 0;
  beforeAll(async () => {
    server = await startTestNode(options);
  });
  afterEach(() => node?.stop());
  afterAll(() => server.close());

  return {
    get server() {
      return server;
    },
    async start(nodeOptions?: Parameters<TestServer['start']>[0]): Promise<TestNode> {
      node = await server.start(nodeOptions);
      return node;
    },
    ask: async (query: Record<string, unknown>) => node!.history.answer(parseQuery(query)),
    freshMetric: () => `metric_${metricNumber++}`,
  };
}
