import { brotliCompressSync, gzipSync } from 'node:zlib';

export interface HostileRequest {
  /** What it tries, for the message of a failed test. */
  attempt: string;
  body: Uint8Array;
  type: string;
  encoding?: string;
  query?: string;
}

/** A small seeded generator (mulberry32): a failure is repeated by its seed. */
export class Dice {
  private state: number;

  constructor(seed: number) {
    this.state = seed >>> 0;
  }

  /** In [0, 1). */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), this.state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)];
  }

  chance(share: number): boolean {
    return this.next() < share;
  }
}

/** JSON texts, not values: half of them no serializer would write. */
const NUMBERS = [
  ...['0', '-0', '1', '-1', '0.1', '1e308', '-1e308', '1e999', '-1e999', '1e-999', '5e-324'],
  ...[
    '123456789012345678901234567890',
    '9007199254740993',
    '1.5',
    '0x10',
    '01',
    'NaN',
    'Infinity',
    '+1',
    '1e',
    '--1',
  ],
];
const STRINGS = [
  ...[
    '""',
    '"cpu"',
    '"\\u0000"',
    '"a\\u0000b"',
    '"\\ud800"',
    '"\\udfff\\ud800"',
    '"😀"',
    '"ünï"',
    '" "',
    '"\\n"',
  ],
  ...[
    '"__proto__"',
    '"constructor"',
    '"toString"',
    '"hasOwnProperty"',
    '"samples"',
    '"\\u202e"',
    '"; drop table samples"',
  ],
  ...[
    '"2026-11-21T00:00:00Z"',
    '"2026-13-45T99:99:99Z"',
    '"now"',
    '"1e5"',
    '"../../etc/passwd"',
    '"<script>"',
    '"',
  ],
];
const KEYS = [
  ...[
    '"name"',
    '"value"',
    '"timestamp"',
    '"labels"',
    '"samples"',
    '"host"',
    '"type"',
    '"unit"',
    '"__proto__"',
  ],
  ...['"constructor"', '"prototype"', '""', '"\\u0000"', '"toJSON"', '"length"', '"then"'],
];
const CONTENT_TYPES = ['application/json', 'application/json', 'application/json', 'application/x-ndjson'];

/** Any JSON-like text, mostly well formed. */
function value(dice: Dice, depth = 0): string {
  const kind = dice.below(depth > 4 ? 4 : 8);
  if (kind === 0) return dice.pick(NUMBERS);
  if (kind <= 2) return dice.pick(STRINGS);
  if (kind === 3) return dice.pick(['null', 'true', 'false', '[]', '{}', 'undefined', '']);
  if (kind <= 5) return `[${Array.from({ length: dice.below(5) }, () => value(dice, depth + 1)).join()}]`;
  return object(
    Array.from({ length: dice.below(6) }, () => [dice.pick(KEYS), value(dice, depth + 1)] as const),
  );
}

function object(fields: ReadonlyArray<readonly [key: string, value: string]>): string {
  return `{${fields.map(([key, text]) => `${key}:${text}`).join()}}`;
}

/** A sample or a batch whose fields are right, wrong, missing or twice there. */
function almostRight(dice: Dice): string {
  const field = (key: string, right: string) => [`"${key}"`, dice.chance(0.6) ? right : value(dice)] as const;
  const labels = object([
    ['"host"', dice.chance(0.5) ? '"web-1"' : value(dice)],
    ...(dice.chance(0.4) ? [[dice.pick(KEYS), value(dice)] as const] : []),
  ]);
  const sample = () =>
    object(
      [
        field('name', '"fuzzed"'),
        field('value', String(dice.below(100))),
        field('timestamp', String(Date.now() - dice.below(100_000))),
        field('labels', labels),
        field('type', '"gauge"'),
        field('unit', '"percent"'),
        field('name', '"fuzzed_twice"'),
      ].filter(() => dice.chance(0.8)),
    );
  const samples = `[${Array.from({ length: dice.below(6) }, sample).join()}]`;
  const batch = object([field('host', '"web-1"'), field('samples', samples), field('labels', labels)]);
  return dice.pick([sample(), samples, batch]);
}

const MIB = 2 ** 20;
const bytes = (text: string) => Buffer.from(text);
const nested = (open: string, close: string, depth: number) =>
  bytes(open.repeat(depth) + close.repeat(depth));

/** One way each to be a nuisance. */
const ATTEMPTS: Record<string, (dice: Dice) => Uint8Array> = {
  'random bytes': (dice) => Uint8Array.from({ length: dice.below(2_000) }, () => dice.below(256)),
  'any JSON': (dice) => bytes(value(dice)),
  'almost right': (dice) => bytes(almostRight(dice)),
  'almost right lines': (dice) =>
    bytes(Array.from({ length: dice.below(30) }, () => dice.pick([almostRight, value])(dice)).join('\n')),
  'cut off': (dice) => {
    const whole = bytes(almostRight(dice));
    return whole.subarray(0, dice.below(whole.length + 1));
  },
  'flipped bits': (dice) => {
    const flipped = Buffer.from(almostRight(dice));
    for (let i = 0; i < 5 && flipped.length > 0; i++)
      flipped[dice.below(flipped.length)] ^= 1 << dice.below(8);
    return flipped;
  },
  'broken UTF-8': (dice) =>
    Buffer.concat([
      bytes('{"name":"'),
      Buffer.from([0xc3, 0xff, 0xf0, dice.below(256)]),
      bytes('","value":1}'),
    ]),
  'UTF-16': (dice) => Buffer.from(`\ufeff${almostRight(dice)}`, 'utf16le'),
  'deep arrays': (dice) => nested('[', ']', dice.pick([10, 1_000, 100_000])),
  'deep objects': (dice) => nested('{"labels":', '}', dice.pick([10, 1_000, 100_000])),
  'deep samples': (dice) => nested('{"samples":[', ']}', dice.pick([10, 1_000, 50_000])),
};

/** The same, but large: a few of each are enough. */
const LARGE_ATTEMPTS: Record<string, (dice: Dice) => Uint8Array> = {
  'eight million brackets': () => bytes('['.repeat(8 * MIB)),
  'four million levels': () => nested('[', ']', 4 * MIB - 1),
  'millions of objects': () => bytes(`[${'{},'.repeat(2_500_000)}{}]`),
  'millions of numbers': () => bytes(`[${'1,'.repeat(4_000_000)}1]`),
  'a name of 5 MB': () => bytes(`{"name":"${'n'.repeat(5 * MIB)}","value":1}`),
  'a name of 10 MB': () => bytes(`{"name":"${'n'.repeat(10 * MIB)}","value":1}`),
  'a key of 7 MB': () => bytes(`{"${'k'.repeat(7 * MIB)}":1,"name":"a","value":1}`),
  'a label of 7 MB': () => bytes(`{"name":"a","value":1,"labels":{"${'k'.repeat(7 * MIB)}":"x"}}`),
  'a number of 7 MB': () => bytes(`{"name":"a","value":${'9'.repeat(7 * MIB)}}`),
  'half a million labels': () =>
    bytes(
      `{"name":"a","value":1,"labels":{${Array.from({ length: 500_000 }, (_, i) => `"k${i}":"v"`).join()}}}`,
    ),
  'too many samples': () => bytes(`[${'{"name":"a","value":1},'.repeat(10_000)}{"name":"a","value":1}]`),
  'escapes only': () => bytes(`{"name":"${'\\u0000'.repeat(MIB)}","value":1}`),
  'spaces only': () => bytes(' '.repeat(8 * MIB)),
  'newlines only': () => bytes('\n'.repeat(8 * MIB)),
};

/** Bodies that say they are compressed. */
function compressed(dice: Dice): { attempt: string; body: Uint8Array; encoding: string } {
  const plain = bytes(almostRight(dice));
  const whole = gzipSync(plain);
  return dice.pick([
    () => ({ attempt: 'gzip', body: whole, encoding: 'gzip' }),
    () => ({ attempt: 'cut off gzip', body: whole.subarray(0, dice.below(whole.length)), encoding: 'gzip' }),
    () => ({ attempt: 'gzip twice', body: gzipSync(whole), encoding: 'gzip' }),
    () => ({ attempt: 'not gzip', body: plain, encoding: 'gzip' }),
    () => ({ attempt: 'rubbish after gzip', body: Buffer.concat([whole, plain]), encoding: 'gzip' }),
    () => ({
      attempt: 'broken gzip',
      body: whole.map((byte) => (dice.chance(0.05) ? byte ^ 0xff : byte)),
      encoding: 'gzip',
    }),
    () => ({ attempt: 'brotli', body: brotliCompressSync(plain), encoding: 'br' }),
    () => ({ attempt: 'not brotli', body: whole, encoding: 'br' }),
    () => ({
      attempt: 'unknown encoding',
      body: whole,
      encoding: dice.pick(['deflate', 'gzip, gzip', 'compress', '*']),
    }),
  ])();
}

let bombs: Uint8Array[] | undefined;

/** 100 MB of spaces, of newlines and of brackets in a few hundred KB. */
function bomb(dice: Dice): Uint8Array {
  bombs ??= [' ', '\n', '['].map((character) => gzipSync(Buffer.alloc(100 * MIB, character)));
  return dice.pick(bombs);
}

/** The next request of a seeded sequence. */
export function hostileRequest(dice: Dice): HostileRequest {
  const type = dice.pick(CONTENT_TYPES);
  const query = dice.chance(0.05)
    ? `?precision=${dice.pick(['s', 'ms', 'us', 'ns', 'x', '__proto__', '%00', ''])}`
    : '';
  if (dice.chance(0.15)) return { ...compressed(dice), type, query };
  if (dice.chance(0.004)) return { attempt: 'gzip bomb', body: bomb(dice), encoding: 'gzip', type, query };
  const attempts = dice.chance(0.01) ? LARGE_ATTEMPTS : ATTEMPTS;
  const attempt = dice.pick(Object.keys(attempts));
  return { attempt, body: attempts[attempt](dice), type, query };
}
