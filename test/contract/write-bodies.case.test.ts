import { brotliCompressSync, gzipSync } from 'node:zlib';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Client, expectError } from './client';

/** Which bodies an agent may write: compressions, sizes, NDJSON, and what is refused. */
export function writeBodiesContract(connect: () => Client): void {
  let client: Client;
  /** A name of its own for each test. */
  let metric: string;
  beforeAll(() => {
    client = connect();
  });
  beforeEach(() => {
    metric = client.freshName();
  });

  describe('encodings', () => {
    test.each([
      ['gzip', gzipSync],
      ['br', brotliCompressSync],
    ])('%s', async (encoding, compress) => {
      const now = Date.now();
      const samples = Array.from({ length: 500 }, (_, i) => ({ name: metric, value: i, timestamp: now - i }));
      const body = compress(JSON.stringify(samples));
      expect(await client.accepted(body, { encoding })).toMatchObject({ accepted: 500, duplicates: 0 });
      expect(await client.stored(metric)).toHaveLength(500);
    });

    test('that are unknown, broken or cut off are refused', async () => {
      const body = gzipSync(JSON.stringify({ name: 'x', value: 1 }));
      expectError(await client.post(body, { encoding: 'deflate' }), 415, 'unsupported_encoding');
      expectError(await client.post(body, { encoding: 'br' }), 400, 'bad_body');
      expectError(await client.post(body.subarray(0, -5), { encoding: 'gzip' }), 400, 'bad_body');
      expectError(await client.post(body), 400, 'bad_body');
    });
  });

  describe('a body nothing can be done with', () => {
    jsonBodiesContract(connect);

    test('an unknown content type', async () => {
      for (const type of [
        'text/plain',
        'application/x-www-form-urlencoded',
        'application/json; charset=utf-16',
      ]) {
        expectError(await client.post('{}', { type }), 415, 'unsupported_content_type');
      }
    });

    test('too large, before and after it is inflated', async () => {
      const large = Buffer.alloc(9 * 2 ** 20, 0x20);
      expectError(await client.post(large), 413, 'body_too_large');
      expectError(await client.post(gzipSync(large), { encoding: 'gzip' }), 413, 'body_too_large');
    });
  });

  describe('NDJSON', () => {
    const type = 'application/x-ndjson';

    test('any shape a line, errors in the middle named', async () => {
      const now = Date.now();
      const lines = [
        JSON.stringify({ name: metric, value: 1, timestamp: now }),
        'not json',
        JSON.stringify([
          { name: metric, value: 2, timestamp: now - 1 },
          { name: metric, value: 'x' },
        ]),
        JSON.stringify({ host: 'h', samples: [{ name: metric, value: 3, timestamp: now - 2 }] }),
      ];
      const answer = await client.accepted(lines.join('\n'), { type });
      expect(answer).toMatchObject({ accepted: 3, duplicates: 0, rejected: 2 });
      expect(answer.errors?.map(({ index, code }) => [index, code])).toEqual([
        [1, 'bad_sample'],
        [3, 'not_finite'],
      ]);
    });

    test('larger than a JSON body may be, plain and compressed', async () => {
      const now = Date.now();
      const padding = 'x'.repeat(200);
      const lines = Array.from({ length: 40_000 }, (_, i) =>
        JSON.stringify({ name: metric, value: i, timestamp: now - i, labels: { padding } }),
      );
      const body = Buffer.from(lines.join('\n'));
      expect(body.length).toBeGreaterThan(9 * 2 ** 20);
      expect(await client.accepted(body, { type })).toEqual({ accepted: 40_000, duplicates: 0, rejected: 0 });
      expect(await client.accepted(gzipSync(body), { type, encoding: 'gzip' })).toEqual({
        accepted: 40_000,
        duplicates: 40_000,
        rejected: 0,
      });
    });

    test('is committed while it still streams in', async () => {
      const now = Date.now();
      let send!: (line: string) => void;
      let end!: () => void;
      const body = new ReadableStream<Uint8Array>({
        start(controller) {
          send = (line) => controller.enqueue(Buffer.from(`${line}\n`));
          end = () => controller.close();
        },
      });
      const answered = client.accepted(body, { type });
      send(JSON.stringify({ name: metric, value: 1, timestamp: now }));
      await expect.poll(() => client.stored(metric), { timeout: 10_000 }).toEqual([[now, 1]]);
      send(JSON.stringify({ name: metric, value: 2, timestamp: now + 1 }));
      end();
      expect(await answered).toEqual({ accepted: 2, duplicates: 0, rejected: 0 });
    });

    test('nothing but rubbish is given up on', async () => {
      const error = expectError(await client.post('x\n'.repeat(2_000_000), { type }), 400, 'nothing_usable');
      expect(error.details).toHaveLength(100);
    });

    test('cut off in the middle: the answer names what was kept', async () => {
      const lines = Array.from({ length: 20_000 }, (_, i) =>
        JSON.stringify({ name: metric, value: Math.sqrt(i) }),
      );
      const whole = gzipSync(lines.join('\n'));
      const error = expectError(
        await client.post(whole.subarray(0, whole.length - 100), { type, encoding: 'gzip' }),
        400,
        'bad_body',
      );
      const [{ accepted, rejected }] = error.details as Array<{ accepted: number; rejected: number }>;
      expect(accepted + rejected).toBeGreaterThan(0);
      expect(error.message).toContain(String(accepted));
    });
  });
}

/** JSON bodies that are refused, on any transport. */
export function jsonBodiesContract(connect: () => Client): void {
  let client: Client;
  beforeAll(() => {
    client = connect();
  });

  test.each([
    ['{"name":', 'bad_json'],
    ['', 'bad_json'],
    ['7', 'bad_shape'],
    ['null', 'bad_shape'],
    ['{"samples":7}', 'bad_shape'],
    ['{"host":7,"samples":[]}', 'bad_shape'],
    ['{"name":"x"}', 'nothing_usable'],
    ['[1,2,3]', 'nothing_usable'],
  ])('%s', async (body, code) => {
    expectError(await client.post(body), 400, code);
  });

  test('every sample bad: each is named', async () => {
    const error = expectError(
      await client.post([
        { name: 'x', value: 'y' },
        { name: '', value: 1 },
      ]),
      400,
      'nothing_usable',
    );
    expect(error.details).toMatchObject([
      { index: 0, code: 'not_finite' },
      { index: 1, code: 'bad_name' },
    ]);
  });

  test('too many samples', async () => {
    const samples = Array(10_001).fill({ name: 'x', value: 1 });
    expectError(await client.post(samples), 413, 'too_many_samples');
  });

  test('gzipped, which inflates to too much, or is not what it says', async () => {
    const large = Buffer.alloc(9 * 2 ** 20, 0x20).toString();
    expectError(await client.post(large, { encoding: 'gzip' }), 413, 'body_too_large');
    const body = gzipSync('{"name":"x","value":1}');
    expectError(await client.post(body.subarray(0, -5), { encoding: 'gzip' }), 400, 'bad_body');
    expectError(await client.post(Buffer.alloc(100, 7), { encoding: 'gzip' }), 400, 'bad_body');
  });
}
