import { gzipSync } from 'node:zlib';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { FrameAck, FrameNack } from '@/lib/api/ingest/frame-schemas';
import { type Dial, dialFrames, FrameClient } from '../support/frame-client';
import { askHttp1 } from '../support/raw-http';
import { type Client, expectError } from './client';

/** What an agent may rely on that writes over a WebSocket, on any front. */
export function framesContract(connect: () => Client): void {
  let client: Client;
  let metric: string;
  let frames: FrameClient;
  beforeAll(() => {
    client = connect();
  });
  beforeEach(async () => {
    metric = client.freshName();
    frames = await FrameClient.open(client.url);
  });
  afterEach(() => frames.close());

  const sample = (value: number, more: object = {}) => ({ name: metric, value, timestamp: 0, ...more });

  test('frames are acknowledged in order after their commit, text and gzipped ones alike', async () => {
    const start = Date.now() - 10_000;
    const bodies = Array.from({ length: 300 }, (_, i) => ({ seq: i, ...sample(i), timestamp: start + i }));
    for (const body of bodies) frames.send(body.seq % 3 ? body : gzipSync(JSON.stringify(body)));
    await frames.answered(300);
    const counts = { accepted: 1, duplicates: 0, rejected: 0 };
    expect(frames.answers).toEqual(bodies.map(({ seq }) => ({ ack: seq, ...counts })));
    expect(await client.stored(metric)).toEqual(bodies.map(({ timestamp, value }) => [timestamp, value]));
  });

  test('what is sent again is harmless, under any number', async () => {
    const batch = { host: 'a', samples: [sample(1, { timestamp: Date.now() })] };
    for (const [seq, duplicates] of [
      [7, 0],
      [7, 1],
      [3, 1],
      [-1, 1],
      [0, 1],
      [Number.MAX_SAFE_INTEGER, 1],
      [-0, 1],
      [1e3, 1],
    ])
      expect(await frames.ask({ seq, ...batch })).toEqual({
        ack: seq + 0,
        accepted: 1,
        duplicates,
        rejected: 0,
      });
    expect(await client.stored(metric)).toHaveLength(1);
  });

  test('a frame without a number is kept, and not answered', async () => {
    const timestamp = Date.now();
    frames.send([sample(1, { timestamp })]);
    frames.send(sample(2, { timestamp: timestamp + 1 }));
    frames.send({ samples: 7 });
    expect(await frames.ask({ seq: 1, samples: [] })).toEqual({
      ack: 1,
      accepted: 0,
      duplicates: 0,
      rejected: 0,
    });
    expect(await client.stored(metric)).toHaveLength(2);
  });

  test.each(['1.5', '9007199254740992', '-9007199254740993', '1e400', '"7"', 'null', 'true', '[]', '{}'])(
    'seq %s is none: nothing of the frame is kept',
    async (seq) => {
      const body = JSON.stringify(sample(1, { timestamp: Date.now() })).slice(1);
      expect(await frames.ask(`{"seq":${seq},${body}`)).toMatchObject({
        nack: null,
        error: { code: 'bad_shape', details: [{ path: 'seq' }] },
      });
      expect(await client.stored(metric)).toEqual([]);
    },
  );

  test('the good samples of a frame are kept, the bad ones named; of an unusable one nothing is', async () => {
    const good = sample(1, { timestamp: Date.now() });
    frames.send({ seq: 1, samples: [good, { ...good, value: null }] });
    frames.send({ seq: 2, samples: [{ ...good, name: '9' }] });
    frames.send('{"seq":3,');
    frames.send(gzipSync('{"seq":4,"samples":[]}').subarray(0, -4));
    // Of two that are committed together either is the duplicate.
    await frames.answered(1);
    frames.send({ seq: 5, samples: [good] });
    await frames.answered(5);
    expect(frames.answers).toMatchObject([
      { ack: 1, accepted: 1, rejected: 1, errors: [{ index: 1, path: 'value', code: 'not_finite' }] },
      { nack: 2, error: { code: 'nothing_usable', details: [{ index: 0, code: 'bad_name' }] } },
      { nack: null, error: { code: 'bad_json' } },
      { nack: null, error: { code: 'bad_body' } },
      { ack: 5, accepted: 1, duplicates: 1 },
    ]);
    for (const answer of frames.answers) {
      expect(answer).not.toHaveProperty('retryAfterMs');
      expect(z.union([FrameAck, FrameNack]).parse(answer)).toEqual(answer);
    }
  });

  test('one that is larger than a body may be ends the connection', async () => {
    frames.send(`{"seq":1,"pad":"${'x'.repeat(9 * 2 ** 20)}"}`);
    expect(await frames.closed).toMatchObject({ code: 1009 });
  });

  test('text that is not UTF-8 ends the connection', async () => {
    frames.ws.send(Buffer.from([0x7b, 0xff, 0x7d]), { binary: false });
    expect(await frames.closed).toMatchObject({ code: 1007 });
  });

  describe('an upgrade', () => {
    const refused = async (dial: Dial) => {
      const answer = await dialFrames(client.url, dial);
      if (answer instanceof FrameClient) throw new Error('It was let in.');
      return { ...answer, headers: new Headers(answer.headers as Record<string, string>) };
    };

    test('is for WebSocket 13 only', async () => {
      const upgrade = { connection: 'upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' };
      const asked = async (headers: Record<string, string>) => {
        const answer = await askHttp1(client.url, '/api/ingest', { headers });
        const found = new Headers(answer.headers as Record<string, string>);
        return { status: answer.status, headers: found, body: JSON.parse(answer.body) };
      };
      for (const headers of [
        {},
        { ...upgrade, upgrade: 'h2c' },
        { ...upgrade, 'sec-websocket-version': '8' },
        { ...upgrade, 'sec-websocket-version': '14' },
      ]) {
        const answer = await asked(headers);
        expectError(answer, 426, 'upgrade_required');
        expect(answer.headers.get('upgrade')).toBe('websocket');
        expect(answer.headers.get('sec-websocket-version')).toBe('13');
        expect(answer.headers.get('x-request-id')).toMatch(/.+/);
      }
      for (const key of ['', 'short', 'x'.repeat(24)])
        expectError(await asked({ ...upgrade, 'sec-websocket-key': key }), 400, 'bad_request');
    });

    test('is refused where a POST would be', async () => {
      expectError(await refused({ headers: { origin: 'http://evil.example' } }), 403, 'forbidden');
      expectError(await refused({ headers: { 'sec-fetch-site': 'cross-site' } }), 403, 'forbidden');
      expectError(await refused({ headers: { host: 'evil.example' } }), 421, 'misdirected');
      expectError(await refused({ query: '?precision=min' }), 400, 'bad_parameter');
    });

    test('agrees on no other protocol and no extension', async () => {
      const asked = { 'sec-websocket-extensions': 'permessage-deflate', 'x-request-id': 'mine' };
      const other = await FrameClient.open(client.url, { headers: asked });
      expect(other.ws).toMatchObject({ protocol: '', extensions: '' });
      await other.close();
    });
  });

  test('the figures count connections, frames, bytes and answers', async () => {
    const figure = async (name: string) => {
      const { body } = await client.get('/metrics', { accept: 'text/plain' });
      const line = String(body)
        .split('\n')
        .find((each) => each.startsWith(`${name} `));
      return Number(line?.split(' ')[1]);
    };
    const names = ['ack', 'nack', 'none'].map(
      (answer) => `pulseboard_websocket_frames_total{answer="${answer}"}`,
    );
    const counts = () => Promise.all(names.map(figure));
    const [received, sent] = ['received', 'sent'].map(
      (direction) => `pulseboard_websocket_bytes_total{direction="${direction}"}`,
    );
    expect(await figure('pulseboard_websocket_connections')).toBeGreaterThanOrEqual(1);
    const before = await counts();
    const bytesBefore = [await figure(received), await figure(sent)];
    frames.send('{"samples":[]}');
    frames.send('{"seq":1,"samples":[]}');
    frames.send('nonsense');
    await frames.answered(2);
    expect(await counts()).toEqual(before.map((count) => count + 1));
    expect(await figure(received)).toBe(bytesBefore[0] + 14 + 22 + 8);
    expect(await figure(sent)).toBeGreaterThan(bytesBefore[1]);
    expect(await figure('pulseboard_websocket_seconds_count')).toBeGreaterThanOrEqual(3);
  });
}
