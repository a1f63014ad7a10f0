import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type EventStream, openEventStream } from '@/test/contract/event-stream';
import { LiveReader } from '@/test/support/live-reader';
import { startTestNode, type TestNode } from '@/test/support/node';
import { presenceTopic } from '@/test/support/presence-topic';
import { until } from '@/test/support/processes';
import { startRedis } from '@/test/support/redis';
import { MemoryNetwork } from '../../cluster/bus/memory';
import { createRedisTransport } from '../../cluster/bus/redis';
import type { Transport } from '../../cluster/bus/transport';
import { createSink } from '../../server/sink';
import { STREAM_TOPICS } from '../stream-topics';
import { SSE_HEADERS } from './sse';

/** The line that adds a topic to the streams. */
const streamTopics = [...STREAM_TOPICS, presenceTopic];

const ada = { page: '/hosts', person: 'ada', isHere: true };
const bob = { page: '/', person: 'bob', isHere: false };

let server: Awaited<ReturnType<typeof startTestNode>>;
const nodes: TestNode[] = [];
const fronts: Server[] = [];
const streams: EventStream[] = [];

beforeAll(async () => {
  server = await startTestNode();
});
afterEach(async () => {
  for (const stream of streams.splice(0)) stream.close();
  for (const front of fronts.splice(0)) {
    front.closeAllConnections();
    front.close();
  }
  await Promise.all(nodes.splice(0).map((node) => node.stop()));
});
afterAll(() => server.close());

async function startNode(transport?: Transport): Promise<TestNode> {
  const node = await server.start({ transport, streamTopics });
  nodes.push(node);
  return node;
}

/** A reader of the node's stream over a real connection. */
async function readOver(node: TestNode, search: string): Promise<EventStream> {
  const front = createServer((request, response) => {
    const { searchParams } = new URL(request.url ?? '/', 'http://localhost');
    const opening = node.live.streams.open({
      search: searchParams,
      lastEventId: null,
      sink: createSink(response, () => response.writeHead(200, SSE_HEADERS)),
    });
    response.on('close', () => void opening.then((stream) => stream.close()));
  });
  front.listen(0, '127.0.0.1');
  await once(front, 'listening');
  fronts.push(front);
  const { port } = front.address() as AddressInfo;
  const stream = await openEventStream(`http://127.0.0.1:${port}/api/live?${search}`);
  streams.push(stream);
  return stream;
}

const receivedBy = (stream: Pick<EventStream, 'events'>) =>
  stream.events.filter(({ event }) => event === 'topic').map(({ data }) => data);

/** The nodes' clock is the test's; the network between them has its own. */
async function untilReceived(stream: Pick<EventStream, 'events'>, data: unknown): Promise<void> {
  await until(async () => {
    await server.clock.advance(0);
    expect(receivedBy(stream)).toContainEqual({ topic: 'presence', data });
  });
}

/** Publishes until the other node receives: an event before that is lost, as any may be. */
async function publishUntilReceived(from: TestNode, stream: EventStream): Promise<void> {
  await until(async () => {
    from.topics.publish(presenceTopic, ada);
    await server.clock.advance(0);
    expect(receivedBy(stream)).toContainEqual({ topic: 'presence', data: ada });
  });
}

describe.each([
  [
    'a real Redis',
    async () => {
      const redis = await startRedis();
      const connect = () => createRedisTransport({ kind: 'single', url: redis.url });
      return { connect, close: () => redis.close() };
    },
  ],
  [
    'memory',
    async () => {
      const network = new MemoryNetwork();
      return { connect: () => network.connect(), close: async () => {} };
    },
  ],
])('a topic between two nodes, over %s', (_, open) => {
  let medium: { connect(): Transport; close(): Promise<void> };
  beforeAll(async () => {
    medium = await open();
    return () => medium.close();
  });

  it('reaches a reader of the other node, in order, with the topic’s name', async () => {
    const [a, b] = [await startNode(medium.connect()), await startNode(medium.connect())];
    const stream = await readOver(b, 'topic=presence');
    await publishUntilReceived(a, stream);
    const before = receivedBy(stream).length;
    a.topics.publish(presenceTopic, bob);
    a.topics.publish(presenceTopic, { ...bob, isHere: true });
    await untilReceived(stream, { ...bob, isHere: true });
    const after = receivedBy(stream).slice(before);
    expect(after.filter((event) => JSON.stringify(event).includes('bob'))).toEqual([
      { topic: 'presence', data: bob },
      { topic: 'presence', data: { ...bob, isHere: true } },
    ]);
  });

  it('reaches a reader of the same node once', async () => {
    const [a, b] = [await startNode(medium.connect()), await startNode(medium.connect())];
    const [near, far] = [await readOver(a, 'topic=presence'), await readOver(b, 'topic=presence')];
    await publishUntilReceived(a, far);
    a.topics.publish(presenceTopic, bob);
    await untilReceived(far, bob);
    await untilReceived(near, bob);
    expect(receivedBy(near).filter((event) => JSON.stringify(event).includes('bob'))).toHaveLength(1);
  });

  it('drops what is not of the topic’s shape', async () => {
    const stranger = medium.connect();
    const [a, b] = [await startNode(medium.connect()), await startNode(medium.connect())];
    const stream = await readOver(b, 'topic=presence');
    await publishUntilReceived(a, stream);
    const send = (text: string) => stranger.send([{ channel: 'pulseboard:topic:presence', text }]);
    await send('not json');
    await send(JSON.stringify({ v: 1, n: 'stranger', e: { page: 7 } }));
    await send(JSON.stringify({ v: 1, n: 'stranger', e: bob }));
    await untilReceived(stream, bob);
    expect(receivedBy(stream).every((event) => /ada|bob/.test(JSON.stringify(event)))).toBe(true);
    await stranger.close();
  });
});

describe('a topic on one node', () => {
  const open = (node: TestNode, search: string) =>
    LiveReader.open(node.live, new URLSearchParams(search), null);

  it('comes beside the points of a stream, and does not hold them up', async () => {
    const node = await startNode();
    const reader = await open(node, 'topic=presence&q=metric%3Dtopic_cpu%26step%3D1m');
    node.topics.publish(presenceTopic, ada);
    await server.clock.advance(0);
    expect(receivedBy(reader)).toEqual([{ topic: 'presence', data: ada }]);
    await node.write({ name: 'topic_cpu', labels: {}, timestamp: server.clock.now(), value: 3 });
    await server.clock.advance(0);
    expect(reader.points.map(([, value]) => value)).toEqual([3]);
  });

  it('keeps its newest events for a reader who does not read, and no more than a few', async () => {
    const node = await startNode();
    const reader = await open(node, 'topic=presence');
    reader.isSlow = true;
    for (let i = 0; i < 200; i++) {
      node.topics.publish(presenceTopic, { ...ada, person: String(i) });
      await server.clock.advance(0);
    }
    reader.drain();
    await server.clock.advance(0);
    const people = receivedBy(reader).map((event) =>
      Number((event as { data: { person: string } }).data.person),
    );
    expect(people.at(-1)).toBe(199);
    expect(people.length).toBeLessThan(100);
  });

  it('is let go of with its last reader, and its source with it', async () => {
    const node = await startNode();
    const running: string[] = [];
    node.topics.whileSubscribed(presenceTopic, () => {
      running.push('on');
      return () => running.push('off');
    });
    const [first, second] = [await open(node, 'topic=presence'), await open(node, 'topic=presence')];
    first.leave();
    expect(running).toEqual(['on']);
    second.leave();
    expect(running).toEqual(['on', 'off']);
    node.topics.publish(presenceTopic, ada);
    await server.clock.advance(0);
    expect(receivedBy(first)).toEqual([]);
  });

  it.each([['topic=nobody-knows-this'], [Array(17).fill('topic=presence').join('&')], ['topic=']])(
    'refuses %s',
    async (search) => {
      const node = await startNode();
      await expect(open(node, search)).rejects.toMatchObject({ code: 'bad_parameter' });
    },
  );
});
