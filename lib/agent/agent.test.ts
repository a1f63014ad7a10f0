import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { until } from '@/test/support/processes';
import { IngestSink } from '../../test/support/ingest-sink';
import { startAgent } from './agent';
import { Backlog } from './backlog';
import { createCollector } from './collector';
import { gauge } from './reading';

const INTERVAL_MS = 50;
const sink = new IngestSink();
let said: string[] = [];
let agent: { close(): Promise<void> } | null = null;

function start(options: Partial<Parameters<typeof startAgent>[0]> = {}) {
  agent = startAgent({
    url: sink.url,
    host: 'web-1',
    labels: { region: 'eu' },
    intervalMs: INTERVAL_MS,
    say: (message) => said.push(message),
    ...options,
  });
}

function ticks(): number[] {
  return sink.batches.map(({ timestamp }) => timestamp);
}

/** Waits until `count` more batches than now have arrived. */
async function arrivals(count: number): Promise<void> {
  const goal = sink.batches.length + count;
  await until(() => expect(sink.batches.length).toBeGreaterThanOrEqual(goal));
}

beforeEach(async () => {
  said = [];
  sink.batches.length = 0;
  sink.requests.length = 0;
  sink.answers.length = 0;
  await sink.open();
});

afterEach(async () => {
  await agent?.close();
  agent = null;
  await sink.close();
});

describe('the agent', () => {
  it('posts this machine on full intervals of the clock', async () => {
    start();
    await arrivals(4);
    const [first] = sink.batches;
    expect(first).toMatchObject({ host: 'web-1', labels: { region: 'eu' } });
    // File systems are read in the background, and join a later tick.
    await until(() =>
      expect(sink.batches.flatMap(({ samples }) => samples.map(({ name }) => name))).toEqual(
        expect.arrayContaining([
          'cpu_usage_percent',
          'load1',
          'memory_used_percent',
          'uptime_seconds',
          'filesystem_used_percent',
        ]),
      ),
    );
    for (const { samples } of sink.batches)
      for (const { value } of samples) expect(value).toBeTypeOf('number');
    for (const tick of ticks()) expect(tick % INTERVAL_MS).toBe(0);
  });

  it('keeps what it reads while the server is away and sends it later, in order, nothing missing', async () => {
    // One source that answers at once, so that no tick is late and every gap would be the sender's.
    let reading = 0;
    start({ sources: [{ name: 'counting', everyMs: 0, read: () => [gauge('reading', '', reading++)] }] });
    await arrivals(3);
    await sink.close();
    const readBefore = reading;
    await until(() => expect(reading).toBeGreaterThan(readBefore + 10));
    await sink.open();
    await arrivals(13);

    const values = sink.batches.map(({ samples }) => samples[0].value);
    // A post whose answer was lost is posted again; the server recognises the samples.
    const unique = [...new Set(values)];
    expect(unique).toEqual(unique.map((_, at) => at));
    const sent = [...new Set(ticks())];
    expect(sent).toEqual(sent.toSorted((a, b) => a - b));
    // The last batch is here before its sender has the answer.
    await until(() =>
      expect(said).toEqual([
        expect.stringMatching(
          /^The server does not take samples \((ECONNREFUSED|ECONNRESET|socket hang up)\)/,
        ),
        expect.stringMatching(/^The server is back/),
      ]),
    );
  });

  it('keeps what a busy server did not take', async () => {
    sink.answers.push({
      status: 503,
      headers: { 'retry-after': '0' },
      body: { error: { message: 'queue full' } },
    });
    start();
    await arrivals(2);
    expect(said[0]).toContain('queue full');
    expect(ticks()).toEqual([...new Set(ticks())].sort((a, b) => a - b));
  });

  it('drops what the server will never take, says why once, and goes on', async () => {
    const refusal = {
      status: 400,
      body: { error: { code: 'nothing_usable', message: 'every sample is bad' } },
    };
    sink.answers.push(refusal, refusal);
    start();
    await arrivals(2);
    expect(said.filter((message) => message.includes('every sample is bad'))).toHaveLength(1);
  });

  it('sends the key it was given', async () => {
    start({ key: 'secret' });
    await arrivals(1);
    expect(sink.requests[0].headers.authorization).toBe('Bearer secret');
  });

  it('says so when the address is none', () => {
    expect(() => startAgent({ url: 'localhost:3000' })).toThrow('should look like http://127.0.0.1:3000');
  });
});

describe('the backlog', () => {
  it('drops the oldest when it is full, and counts them', () => {
    const backlog = new Backlog(10);
    for (const text of ['aaaa', 'bbbb', 'cccc']) backlog.add(Buffer.from(text));
    expect(backlog.oldest(9)).toEqual({ body: Buffer.from('bbbbcccc'), count: 2 });
    expect(backlog.takeDropped()).toBe(1);
    expect([backlog.first, backlog.next]).toEqual([1, 3]);
    backlog.removeBefore(1);
    expect(backlog.at(1)).toEqual(Buffer.from('bbbb'));
    backlog.removeBefore(3);
    expect(backlog.length).toBe(0);
    expect(backlog.takeDropped()).toBe(0);
  });
});

describe('the collector', () => {
  it('reads a slow source only as often as asked, and leaves out one that fails', async () => {
    const complaints: string[] = [];
    const collector = createCollector(
      [
        { name: 'quick', everyMs: 0, read: () => [gauge('quick', '', 1)] },
        { name: 'slow', everyMs: 10_000, read: () => [gauge('slow', '', 1)] },
        { name: 'broken', everyMs: 0, read: () => Promise.reject(new Error('gone')) },
      ],
      (message) => complaints.push(message),
    );
    const names = async (tick: number) => (await collector.collect(tick)).map(({ name }) => name).sort();
    expect(await names(0)).toEqual(['quick', 'slow']);
    expect(await names(1_000)).toEqual(['quick']);
    expect(await names(10_000)).toEqual(['quick', 'slow']);
    expect(complaints).toEqual(['Cannot read broken: Error: gone']);
  });

  it('does not wait for a source in the background; what it read joins a later tick', async () => {
    let finish: (() => void) | undefined;
    const collector = createCollector(
      [
        {
          name: 'hanging',
          everyMs: 0,
          inBackground: true,
          read: () => new Promise((resolve) => (finish = () => resolve([gauge('late', '', 1)]))),
        },
      ],
      () => {},
    );
    expect(await collector.collect(0)).toEqual([]);
    expect(await collector.collect(1_000)).toEqual([]);
    finish?.();
    await new Promise(setImmediate);
    expect(await collector.collect(2_000)).toHaveLength(1);
  });
});
