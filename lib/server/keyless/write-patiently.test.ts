import { expect, test } from 'vitest';
import type { IngestSession } from '../../api/ingest/session';
import { PulseError } from '../../model/errors';
import type { DecodedSamples, IncomingSample } from '../../write/ingest/sample';
import { writeInPortions } from './write-patiently';

const TAKEN = { accepted: 1, duplicates: 0, rejected: 0, errors: [] };

/** Samples by number, and a session that answers each portion as it is told. */
function scene(count: number, answer: (portion: number) => PulseError | null) {
  const samples: IncomingSample[] = Array.from({ length: count }, (_, index) => ({
    index,
    name: 'm',
    value: index,
    timestamp: 0,
    labels: {},
  }));
  const offered: number[][] = [];
  const session: IngestSession = {
    rateHeaders: {},
    async write(source) {
      const portion = (await source()) as DecodedSamples;
      offered.push([portion.samples[0].index, portion.samples.length]);
      const error = answer(offered.length);
      if (error) throw error;
      return TAKEN;
    },
  };
  return { samples, session, offered };
}

const refusal = (code: 'nothing_usable' | 'queue_full' | 'bad_body') =>
  new PulseError(code, code, { retryAfterMs: 1 });

test('a portion of which nothing can be taken leaves the others as they are', async () => {
  const { samples, session, offered } = scene(12_000, (n) => (n < 3 ? refusal('nothing_usable') : null));
  const refused: string[] = [];
  const lost = await writeInPortions(session, samples, new AbortController().signal, ({ code }) =>
    refused.push(code),
  );
  expect([lost, refused]).toEqual([0, ['nothing_usable', 'nothing_usable']]);
  expect(offered).toEqual([
    [0, 5_000],
    [5_000, 5_000],
    [10_000, 2_000],
  ]);
});

test('one that cannot be taken yet is offered again, until the time is over', async () => {
  const stop = new AbortController();
  const { samples, session, offered } = scene(12_000, (n) => {
    if (n === 4) stop.abort();
    return n === 1 ? null : refusal('queue_full');
  });
  expect(await writeInPortions(session, samples, stop.signal, () => {})).toBe(7_000);
  expect(offered.map(([first]) => first)).toEqual([0, 5_000, 5_000, 5_000]);
});

test('one that can never be taken ends it', async () => {
  const { samples, session } = scene(6_000, (n) => (n === 2 ? refusal('bad_body') : null));
  expect(await writeInPortions(session, samples, new AbortController().signal, () => {})).toBe(1_000);
});
