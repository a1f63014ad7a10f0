import { expect, test } from 'vitest';
import { type BusScene, columnsOf, PATIENT, watchMetric } from '../../../test/support/bus-scene';
import { until } from '../../../test/support/processes';
import { BUS_VERSION } from './message';

const T = 1_795_200_000_000;

/** What is noticed when messages, connections or nodes are lost. */
export function testInterruptions(scene: () => BusScene): void {
  test('after an interruption every watcher is notified that something may be missing, and receives again', async () => {
    const [a, b] = await scene().start(2);
    const odd = await watchMetric(b, 'odd');
    const states: boolean[] = [];
    b.bus.status.onState(({ up }) => {
      if (up !== states.at(-1)) states.push(up);
    });
    await scene().faults.cut();
    // Either may be noticed first: that the other node's heartbeats are missing, or that all are.
    await until(() => expect(b.bus.status.state.reason).toBe('redis_unreachable'));
    expect(odd.disconnected).toHaveBeenCalled();
    a.bus.samples.publish(columnsOf(a, [1, T, 1]));
    expect(a.received).toEqual([[1, T, 1]]);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(odd.resync).not.toHaveBeenCalled();
    await scene().faults.heal();
    await until(() => expect(odd.resync).toHaveBeenCalled());
    expect(states.slice(0, 2)).toEqual([false, true]);
    await until(() => expect(a.bus.status.state.up).toBe(true));
    b.received.length = 0;
    a.bus.samples.publish(columnsOf(a, [1, T + 1, 2]));
    await until(() => expect(b.received).toContainEqual([1, T + 1, 2]));
  });

  test('a connection that delivers nothing any more is noticed, though nothing ends it', async () => {
    const [, b] = await scene().start(2);
    const odd = await watchMetric(b, 'odd');
    scene().faults.mute();
    await until(() => expect(odd.disconnected).toHaveBeenCalled());
    scene().faults.unmute();
    await until(() => expect(odd.resync).toHaveBeenCalled());
  });

  test('a node that ends without a last heartbeat disconnects its watchers, until it is forgotten', async () => {
    const [a, b] = await scene().start(2);
    const odd = await watchMetric(b, 'odd');
    const stranger = await scene().connectStranger();
    const beat = { v: BUS_VERSION, n: 'x', k: 'beat', at: 0, every: 100, sent: {}, top: 4, bye: false };
    await stranger.send('beats', beat);
    await until(() => expect(odd.disconnected).toHaveBeenCalledWith('node_silent'));
    // Commits of the nodes that remain still arrive.
    a.bus.samples.publish(columnsOf(a, [1, T, 1]));
    await until(() => expect(b.received).toEqual([[1, T, 1]]));
    await until(() => expect(odd.resync).toHaveBeenCalled());
    await stranger.close();
  });

  test('a node that closes its bus disconnects nobody', async () => {
    const [a, b] = await scene().start(2, PATIENT);
    const odd = await watchMetric(b, 'odd');
    const c = await scene().join(PATIENT);
    await until(() => expect(b.bus.status.figures.peers).toBe(2));
    await c.bus.close();
    await until(() => expect(b.bus.status.figures.peers).toBe(1));
    expect(odd.disconnected).not.toHaveBeenCalled();
    expect(a.bus.status.state.up).toBe(true);
  });

  test('a message of another version is ignored and counted, and nothing counts as connected meanwhile', async () => {
    const [, b] = await scene().start(2);
    const odd = await watchMetric(b, 'odd');
    const stranger = await scene().connectStranger();
    const say = (message: unknown) => stranger.send('samples:odd', message);
    await say({ v: BUS_VERSION + 1, n: 'from-the-future', k: 'samples', columns: 'unknown' });
    await until(() => expect(b.bus.status.state.reason).toBe('newer_version'));
    expect(odd.disconnected).toHaveBeenCalled();
    expect(b.bus.status.figures.messagesNewer).toBe(1);
    await say({ hello: 'world' });
    await until(() => expect(b.bus.status.figures.messagesInvalid).toBe(1));
    expect(b.received).toEqual([]);
    await until(() => expect(odd.resync).toHaveBeenCalled());
    await stranger.close();
  });

  test('a lost message is noticed: by the next one, and without a next one by the heartbeat', async () => {
    const [, b] = await scene().start(2, PATIENT);
    const odd = await watchMetric(b, 'odd');
    const stranger = await scene().connectStranger();
    const message = { v: BUS_VERSION, n: 'stranger', k: 'samples', m: 'odd', i: [1], t: [T], x: [1] };
    const say = (message: unknown, channel = 'samples:odd') => stranger.send(channel, message);
    await say({ ...message, s: 1 });
    await say({ ...message, s: 2, t: [T + 1] });
    await until(() => expect(b.received).toHaveLength(2));
    expect(odd.resync).not.toHaveBeenCalled();
    await say({ ...message, s: 4, t: [T + 2] });
    await until(() => expect(odd.resync).toHaveBeenCalledTimes(1));
    const beat = { v: BUS_VERSION, n: 'stranger', k: 'beat', at: 0, every: 60_000, top: 4, bye: false };
    await say({ ...beat, sent: { odd: 5 } }, 'beats');
    await until(() => expect(odd.resync).toHaveBeenCalledTimes(2));
    await say({ ...beat, sent: { odd: 5 }, bye: true }, 'beats');
    await stranger.close();
  });

  test('a bus without any node near it is up, and closes quickly, twice', async () => {
    const [a] = await scene().start(1);
    expect(a.bus.status.figures.peers).toBe(0);
    expect(a.bus.status.state.lagMs).toBeGreaterThanOrEqual(0);
    await a.bus.close();
    await a.bus.close();
  });
}
