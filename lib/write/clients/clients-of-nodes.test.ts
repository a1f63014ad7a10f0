import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { z } from 'zod';
import type { OutgoingMessage, Transport } from '../../cluster/bus/transport';
import { defineTopic } from '../../cluster/topics/topic';
import { createTopics } from '../../cluster/topics/topics';
import type { ProtocolId } from '../../model/protocols/protocols';
import { HOUR, SECOND } from '../../model/time/duration';
import { ClientsEvent, MOST_CLIENTS } from '../../model/wire/clients';
import { Clients } from './clients';
import { ClientsOfNodes } from './clients-of-nodes';
import { clientsTopic } from './clients-topic';

/** A wire between nodes that can be cut, and counts. */
class Wire {
  isCut = false;
  sent = 0;
  private readonly followers = new Set<(message: OutgoingMessage) => void>();

  transport(): Transport {
    return {
      send: async (messages) => {
        for (const message of messages) {
          this.sent++;
          if (!this.isCut) for (const follower of this.followers) follower(message);
        }
      },
      follow: (channel, { message }) => {
        const follower = (sent: OutgoingMessage) => {
          if (sent.channel === channel) message(sent.text);
        };
        this.followers.add(follower);
        return () => void this.followers.delete(follower);
      },
      close: async () => undefined,
    } as Transport;
  }
}

function startNode(wire: Wire | null) {
  const topics = createTopics({ transport: wire?.transport() ?? null });
  const clients = new Clients();
  const nodes = new ClientsOfNodes(clients, topics);
  const seen: ClientsEvent[] = [];
  return {
    clients,
    nodes,
    topics,
    seen,
    look: () => topics.subscribe(clientsTopic, ({ data }) => void seen.push(data)),
    send: (userAgent: string, samples: number, protocol: ProtocolId = 'prometheus') =>
      clients.noteTaken({ protocol, userAgent }, samples),
    newest: () => seen.at(-1)?.clients.map(({ product, samples }) => `${product} ${samples}`),
  };
}

/** Says on the wire what a node would, or would not. */
function sayAs(wire: Wire) {
  const { publish } = createTopics({ transport: wire.transport() });
  const topic = defineTopic('clients-of-node', z.unknown());
  const name = { protocol: 'prometheus', product: 'Prometheus', version: '1', isRest: false };
  const nothing = { samples: 1, firstAt: 1, lastAt: 1, refused: 0, refusal: null };
  return (node: string, message: object, client: object) =>
    publish(topic, {
      ...{ node, now: Date.now(), wantsOthers: false, ...message },
      clients: [{ ...name, ...nothing, ...client }],
    });
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test('a page hears of what arrives at its node within a quarter of a second, and again each second', async () => {
  const node = startNode(null);
  node.look();
  node.send('Prometheus/2.42.0', 12);
  await vi.advanceTimersByTimeAsync(250);
  expect(node.newest()).toEqual(['Prometheus 12']);
  expect(ClientsEvent.safeParse(node.seen[0]).error).toBeUndefined();
  await vi.advanceTimersByTimeAsync(10 * SECOND);
  expect(node.seen.length).toBeGreaterThanOrEqual(10);
  expect(node.seen.length).toBeLessThan(15);
});

test('what arrives at another node is shown here, added up by name, as it goes on', async () => {
  const wire = new Wire();
  const [here, there] = [startNode(wire), startNode(wire)];
  here.send('Prometheus/2.42.0', 10);
  there.send('Prometheus/2.42.0', 5);
  there.send('Telegraf/1.29', 7, 'influx');
  here.look();
  await vi.advanceTimersByTimeAsync(300);
  expect(here.newest()?.sort()).toEqual(['Prometheus 15', 'Telegraf 7']);
  there.send('Telegraf/1.29', 1, 'influx');
  await vi.advanceTimersByTimeAsync(2 * SECOND);
  expect(here.newest()?.sort()).toEqual(['Prometheus 15', 'Telegraf 8']);
  // After a quiet second at once.
  there.send('collectd/5.12.0', 2, 'collectd');
  await vi.advanceTimersByTimeAsync(500);
  expect(here.newest()).toContain('collectd 2');
});

test('nodes say nothing while nobody looks, and stop some seconds after the last has gone', async () => {
  const wire = new Wire();
  const [here, there] = [startNode(wire), startNode(wire)];
  here.send('Prometheus/2.42.0', 10);
  there.send('Prometheus/2.42.0', 10);
  await vi.advanceTimersByTimeAsync(HOUR);
  expect(wire.sent).toBe(0);
  const leave = here.look();
  await vi.advanceTimersByTimeAsync(10 * SECOND);
  expect(wire.sent).toBeGreaterThan(2);
  // Questions and answers, not answers to answers.
  expect(wire.sent).toBeLessThan(12);
  leave();
  await vi.advanceTimersByTimeAsync(20 * SECOND);
  const sent = wire.sent;
  there.send('Prometheus/2.42.0', 10);
  await vi.advanceTimersByTimeAsync(HOUR);
  expect([wire.sent, vi.getTimerCount()]).toEqual([sent, 0]);
});

test('a node to which much is sent tells the others once a second', async () => {
  const wire = new Wire();
  const [here, there] = [startNode(wire), startNode(wire)];
  here.look();
  for (let i = 0; i < 1_000; i++) {
    there.send('Prometheus/2.42.0', 1);
    await vi.advanceTimersByTimeAsync(10);
  }
  expect(wire.sent).toBeLessThan(20);
  expect(here.seen.length).toBeLessThan(50);
});

test('two nodes with pages do not answer each other for ever', async () => {
  const wire = new Wire();
  const [here, there] = [startNode(wire), startNode(wire)];
  here.look();
  there.look();
  await vi.advanceTimersByTimeAsync(10 * SECOND);
  expect(wire.sent).toBeLessThan(20);
});

test('a message that was lost is made good by the next', async () => {
  const wire = new Wire();
  const [here, there] = [startNode(wire), startNode(wire)];
  here.look();
  wire.isCut = true;
  there.send('Prometheus/2.42.0', 5);
  await vi.advanceTimersByTimeAsync(2 * SECOND);
  expect(here.newest()).toEqual([]);
  wire.isCut = false;
  await vi.advanceTimersByTimeAsync(6 * SECOND);
  expect(here.newest()).toEqual(['Prometheus 5']);
});

test('times of a node whose clock is an hour ahead are moved to ours', async () => {
  const wire = new Wire();
  const here = startNode(wire);
  const at = Date.now() + HOUR - 2 * SECOND;
  const refusal = { at, status: 401, code: 'unauthorized', message: 'no key' };
  sayAs(wire)('ahead', { now: Date.now() + HOUR }, { firstAt: at - 10, lastAt: at, refused: 1, refusal });
  await vi.advanceTimersByTimeAsync(0);
  const [client] = here.nodes.event().clients;
  const ours = Date.now() - 2 * SECOND;
  expect(client).toMatchObject({ firstAt: ours - 10, lastAt: ours, refusal: { at: ours } });
});

test('what another node must not say is not taken, and many nodes are not held for ever', async () => {
  const wire = new Wire();
  const here = startNode(wire);
  const sayIt = sayAs(wire);
  const say = (node: string, product: string) => sayIt(node, {}, { product });
  say('bad', 'x'.repeat(1_000));
  await vi.advanceTimersByTimeAsync(0);
  expect(here.nodes.event().clients).toEqual([]);
  for (let i = 0; i < 500; i++) say(`node-${i}`, `Product-${i}`);
  await vi.advanceTimersByTimeAsync(0);
  expect(here.nodes.event().clients).toHaveLength(MOST_CLIENTS);
  await vi.advanceTimersByTimeAsync(HOUR + SECOND);
  expect(here.nodes.event().clients).toEqual([]);
});

test('after its end it tells nobody, and holds no timer', async () => {
  const node = startNode(null);
  node.look();
  node.nodes.close();
  const told = node.seen.length;
  node.send('Prometheus/2.42.0', 1);
  await vi.advanceTimersByTimeAsync(10 * SECOND);
  expect([node.seen.length, vi.getTimerCount()]).toEqual([told, 0]);
});
