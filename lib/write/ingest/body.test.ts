import { PassThrough, Readable } from 'node:stream';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { usedBytes } from '@/test/support/memory';
import { HeldBodies } from '../../access/limit/held-body';
import { Reclaim } from '../../runtime/reclaim';
import { readPieces, readWhole, toText } from './body';
import { encodingFor } from './encoding';
import { refuseExpensiveJson } from './expensive-json';
import { readLines } from './lines';
import { decodeNdjson } from './ndjson';
import type { DecodedSamples } from './sample';

const reclaim = new Reclaim();
const bodies = new HeldBodies(reclaim);
afterAll(() => reclaim.close());

async function* inPieces(bytes: Uint8Array, pieceBytes: number): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < bytes.length; from += pieceBytes) yield bytes.subarray(from, from + pieceBytes);
}

async function all<T>(iterable: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const each of iterable) found.push(each);
  return found;
}

/** Reads a body as a web stream and as Node's, and both ways it may be inflated. */
async function read(sent: Uint8Array, contentEncoding?: string, maxBytes = 1_000): Promise<string> {
  const encoding = encodingFor(contentEncoding);
  const [text, ...others] = await Promise.all([
    readWhole(inPieces(sent, 7), encoding, maxBytes, bodies),
    readWhole(Readable.from(inPieces(sent, 7), { objectMode: false }), encoding, maxBytes, bodies),
    all(readPieces(inPieces(sent, 7), encoding)).then(Buffer.concat),
  ]).then((bodies) => bodies.map(toText));
  expect(others).toEqual([text, text]);
  return text;
}

describe('a whole body', () => {
  test('arrives whatever its pieces and its encoding', async () => {
    const text = 'grün 😀 '.repeat(20);
    const plain = Buffer.from(text);
    expect(await read(plain)).toBe(text);
    expect(await read(plain, 'identity')).toBe(text);
    expect(await read(gzipSync(plain), 'gzip')).toBe(text);
    expect(await read(gzipSync(plain), ' GZIP ')).toBe(text);
    expect(await read(brotliCompressSync(plain), 'br')).toBe(text);
    expect(await read(Buffer.from(''))).toBe('');
    expect(await read(Buffer.from('\ufeff{}'))).toBe('{}');
  });

  test('is limited before and after it is inflated', async () => {
    const tooLarge = { code: 'body_too_large' };
    await expect(read(Buffer.alloc(1_001))).rejects.toMatchObject(tooLarge);
    await expect(read(gzipSync(Buffer.alloc(1_001)), 'gzip')).rejects.toMatchObject(tooLarge);
    await expect(read(brotliCompressSync(Buffer.alloc(100_000)), 'br')).rejects.toMatchObject(tooLarge);
    const incompressible = Buffer.from(Array.from({ length: 2_000 }, (_, i) => (i * 7919) % 251));
    await expect(read(gzipSync(incompressible, { level: 0 }), 'gzip')).rejects.toMatchObject(tooLarge);
  });

  test('that is not what it says is bad, not an accident', async () => {
    const whole = gzipSync(Buffer.from('{"name":"cpu","value":1}'));
    for (const broken of [whole.subarray(0, 12), whole.subarray(0, -1), Buffer.from('{}'), Buffer.alloc(0)]) {
      await expect(read(broken, 'gzip'), broken.toString('hex')).rejects.toMatchObject({ code: 'bad_body' });
      await expect(read(broken, 'br'), broken.toString('hex')).rejects.toMatchObject({ code: 'bad_body' });
    }
    await expect(read(Buffer.from([0x22, 0xc3, 0x22]))).rejects.toMatchObject({ code: 'bad_body' });
  });

  test('may not join more bodies than memory is set aside for', async () => {
    const mebibyte = Buffer.alloc(2 ** 20);
    const open: PassThrough[] = [];
    const reading: Array<Promise<Buffer>> = [];
    const begin = (mebibytes: number) => {
      const stream = new PassThrough();
      for (let i = 0; i < mebibytes; i++) stream.write(mebibyte);
      open.push(stream);
      reading.push(readWhole(stream, null, 2 ** 30, bodies));
    };
    begin(500);
    begin(20);
    await expect(Promise.race(reading)).rejects.toMatchObject({ code: 'queue_full' });
    // What is over, well or badly, makes room.
    open[0].destroy();
    await expect(reading[0]).rejects.toThrow('cut off');
    await new Promise((resolve) => setImmediate(resolve));
    begin(500);
    open[2].end();
    expect((await reading[2]).length).toBe(500 * 2 ** 20);
  });

  test('counts as what it holds, however small the chunks it comes in', async () => {
    const text = 'ein Körnchen nach dem andern, '.repeat(10_000);
    const bytes = Buffer.from(text);
    const each: Array<(i: number) => number> = [
      () => 1,
      (i) => (i % 2 ? 1 : 5_000),
      (i) => (i * 7919) % 9_000,
    ];
    for (const size of each) {
      const held = bodies.open(bytes.length);
      for (let from = 0, i = 1; from < bytes.length; from += size(i++))
        held.add(Uint8Array.from(bytes.subarray(from, from + size(i))));
      expect(held.whole().toString()).toBe(text);
      expect(held.heldBytes).toBeLessThan(3 * bytes.length);
      held.release();
    }
  });

  test('that comes byte by byte costs about what it has', async () => {
    const open = Array.from({ length: 4 }, () => bodies.open(2 ** 20));
    const before = await usedBytes();
    for (const body of open) for (let i = 0; i < 200_000; i++) body.add(Uint8Array.of(i));
    const cost = (await usedBytes()) - before;
    expect(cost).toBeLessThan(3 * 4 * 200_000);
    for (const body of open) body.release();
  });

  test('that is a bomb is defused while it streams', async () => {
    const bomb = gzipSync(Buffer.alloc(100 * 2 ** 20));
    let bytes = 0;
    const defused = (async () => {
      for await (const piece of readPieces(inPieces(bomb, 4_096), encodingFor('gzip'))) bytes += piece.length;
    })();
    await expect(defused).rejects.toMatchObject({ code: 'body_too_large' });
    expect(bytes).toBeLessThan(20 * 2 ** 20);
  });

  test('passes on what the sender or the connection did', async () => {
    const failing = (async function* () {
      yield gzipSync(Buffer.from('x')).subarray(0, 5);
      throw Object.assign(new Error('aborted'), { code: 'ECONNRESET' });
    })();
    await expect(all(readPieces(failing, encodingFor('gzip')))).rejects.toThrow('aborted');
  });

  test('in an encoding nobody knows is refused', () => {
    for (const encoding of ['deflate', 'gzip, br', 'constructor', '__proto__']) {
      expect(() => encodingFor(encoding)).toThrow(expect.objectContaining({ code: 'unsupported_encoding' }));
    }
  });
});

describe('JSON that would cost more than it is worth', () => {
  const scan = (text: string) => refuseExpensiveJson(Buffer.from(text.padEnd(70_000)));

  test('is refused before it is parsed', () => {
    expect(() => scan('['.repeat(40))).toThrow(expect.objectContaining({ code: 'bad_shape' }));
    const objects = `[${'{},'.repeat(9_999)}{}]`;
    const keys = `{${'"k":1,'.repeat(10_000)}"k":1}`;
    for (const many of [`[${'{},'.repeat(10_000)}{}]`, `[${Array(11).fill(objects)}]`, keys]) {
      expect(() => scan(many)).toThrow(expect.objectContaining({ code: 'too_many_samples' }));
    }
  });

  test('brackets in strings are text', () => {
    expect(() =>
      scan(JSON.stringify({ name: '[{'.repeat(100), other: '"\\"[[[['.repeat(50) })),
    ).not.toThrow();
    expect(() => scan(JSON.stringify(Array(10_000).fill({ name: 'a', value: 1, labels: {} })))).not.toThrow();
  });
});

describe('lines', () => {
  test('that arrive byte by byte cost about what they have', async () => {
    let cost = 0;
    const byteByByte = (async function* () {
      const before = await usedBytes();
      for (let i = 0; i < 200_000; i++) yield Uint8Array.of(0x20);
      cost = (await usedBytes()) - before;
    })();
    expect((await all(readLines(byteByByte, 2 ** 20, bodies))).flat()[0].bytes).toHaveLength(200_000);
    expect(cost).toBeLessThan(3 * 200_000);
  });

  const linesOf = async (bytes: Buffer, size: number, maxLineBytes: number) =>
    (await all(readLines(inPieces(bytes, size), maxLineBytes, bodies)))
      .flat()
      .map(({ number, bytes }) => [number, bytes?.toString() ?? null]);

  test('are the same however the bytes are cut; empty ones are counted and left out', async () => {
    const line = fc.string({ unit: 'binary', maxLength: 12 }).map((text) => text.replaceAll('\n', ' '));
    await fc.assert(
      fc.asyncProperty(
        fc.array(line),
        fc.integer({ min: 1, max: 9 }),
        fc.boolean(),
        async (texts, size, ends) => {
          const bytes = Buffer.from(texts.join('\n') + (ends ? '\n' : ''));
          const expected = bytes
            .toString()
            .split('\n')
            .map((text, i) => [i + 1, text])
            .filter(([, text]) => text !== '');
          expect(await linesOf(bytes, size, 1_000)).toEqual(expected);
        },
      ),
      { numRuns: 50 },
    );
  });

  test('longer than allowed are passed over without being held', async () => {
    const bytes = Buffer.from(`short\n${'x'.repeat(50)}\nafter\n${'y'.repeat(50)}`);
    expect(await linesOf(bytes, 8, 10)).toEqual([
      [1, 'short'],
      [2, null],
      [3, 'after'],
      [4, null],
    ]);
  });
});

describe('NDJSON', () => {
  const decode = async (text: string): Promise<DecodedSamples> => {
    const portions = await all(decodeNdjson(inPieces(Buffer.from(text), 16), 'ms', bodies));
    return {
      samples: portions.flatMap(({ samples }) => samples),
      errors: portions.flatMap(({ errors }) => errors),
    };
  };

  test('counts through all lines; a line that cannot be read counts as one', async () => {
    const { samples, errors } = await decode(
      [
        '{"name":"a","value":1}',
        'not json',
        '',
        '[{"name":"b","value":2},{"name":"c","value":"x"}]',
        '{"host":"h","samples":[{"name":"d","value":4}]}',
        '7',
      ].join('\r\n'),
    );
    expect(samples.map(({ index, name }) => [index, name])).toEqual([
      [0, 'a'],
      [2, 'b'],
      [4, 'd'],
    ]);
    expect(errors.map(({ index, code, message }) => [index, code, message.split(':')[0]])).toEqual([
      [1, 'bad_sample', 'line 2'],
      [3, 'not_finite', 'value must be a finite number'],
      [5, 'bad_sample', 'line 6'],
    ]);
  });

  test('one line too long does not spoil the others', async () => {
    const { samples, errors } = await decode(
      `{"name":"${'x'.repeat(2 ** 20)}","value":1}\n{"name":"a","value":1}\n`,
    );
    expect(samples.map(({ index }) => index)).toEqual([1]);
    expect(errors).toMatchObject([{ index: 0, code: 'bad_sample' }]);
  });
});
