import { afterEach, beforeEach, expect, test } from 'vitest';
import { ForwardScene, forwardFigures, type PostedSample, post, storedTexts } from '../support/forward-scene';
import { startKillablePostgres } from '../support/killable-postgres';
import { freePort, until } from '../support/processes';
import type { ServerProcess } from '../support/server-process';
import { textOfSample } from '../support/write-sink';

let scene: ForwardScene;
beforeEach(() => {
  scene = new ForwardScene();
});
afterEach(() => scene.end());

const WRITERS = 4;
const SAMPLES_A_POST = 50;
/** Servers are started seven times. */
const CASE_MS = 300_000;

/** Writers that send each body until it is acknowledged, to whichever server there is. */
class Writers {
  readonly acknowledged: PostedSample[] = [];
  private stopped = false;
  private readonly running: Promise<void>[];

  constructor(private readonly server: { url: string }) {
    this.running = Array.from({ length: WRITERS }, (_, writer) => this.run(writer));
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await Promise.all(this.running);
  }

  private async run(writer: number): Promise<void> {
    for (let round = 0; !this.stopped; round++) {
      const timestamp = Date.now();
      const samples = Array.from({ length: SAMPLES_A_POST }, (_, i) => ({
        name: `killed_${i}`,
        labels: { writer: String(writer) },
        timestamp,
        value: round + i / 8,
      }));
      while (!(await post(this.server, samples))) await new Promise((resolve) => setTimeout(resolve, 50));
      this.acknowledged.push(...samples);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}

async function kill(node: ServerProcess): Promise<void> {
  node.signal('SIGKILL');
  await node.exited;
}

/** Resolves when so much more was acknowledged: a kill is amid of the load, not at a time. */
async function more(writers: Writers, samples: number): Promise<void> {
  const before = writers.acknowledged.length;
  await until(() => expect(writers.acknowledged.length).toBeGreaterThan(before + samples));
}

test(
  'sender and receiver are killed under load: what was acknowledged arrives, and nothing else',
  async () => {
    const [from, to] = [await scene.database(), await scene.database()];
    const [senderPort, receiverPort] = [String(await freePort()), String(await freePort())];
    const startReceiver = () => scene.node('receiver', { DATABASE_URL: to, PORT: receiverPort });
    const startSender = () =>
      scene.node('sender', {
        DATABASE_URL: from,
        PORT: senderPort,
        FORWARD_URL: `http://127.0.0.1:${receiverPort}/api/v1/write`,
      });
    let receiver = await startReceiver();
    let sender = await startSender();
    const writers = new Writers({ url: sender.url });
    for (let round = 0; round < 3; round++) {
      await more(writers, 5_000);
      await kill(sender);
      sender = await startSender();
      await more(writers, 5_000);
      await kill(receiver);
      await more(writers, 2_000);
      receiver = await startReceiver();
    }
    await writers.stop();
    const acknowledged = writers.acknowledged.map(textOfSample).sort();
    expect((await storedTexts(from, 'killed_')).sort()).toEqual(acknowledged);
    await until(
      async () => expect((await storedTexts(to, 'killed_')).length).toBe(acknowledged.length),
      60_000,
    );
    expect((await storedTexts(to, 'killed_')).sort()).toEqual(acknowledged);
    const figures = await forwardFigures(sender);
    const dropped = Object.entries(figures).filter(([name]) => name.startsWith('dropped'));
    expect(dropped.map(([, value]) => value)).toEqual(dropped.map(() => 0));
  },
  CASE_MS,
);

test(
  'the database is killed under load: what was acknowledged is forwarded, and nothing that was not written',
  async () => {
    const database = await startKillablePostgres();
    try {
      const sink = await scene.sink();
      const sender = await scene.node('sender', { DATABASE_URL: database.url, FORWARD_URL: sink.url });
      const writers = new Writers({ url: sender.url });
      for (let round = 0; round < 3; round++) {
        await more(writers, 3_000);
        await database.kill();
        await database.start();
      }
      await more(writers, 3_000);
      await writers.stop();
      const acknowledged = writers.acknowledged.map(textOfSample).sort();
      await until(() => expect(new Set(sink.texts).size).toBe(acknowledged.length), 60_000);
      expect([...new Set(sink.texts)].sort()).toEqual(acknowledged);
      expect((await storedTexts(database.url, 'killed_')).sort()).toEqual(acknowledged);
      await sender.stop();
    } finally {
      await database.close();
    }
  },
  CASE_MS,
);
