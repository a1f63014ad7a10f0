import { expect, test } from 'vitest';
import type { IngestSession } from '../../api/ingest/session';
import { PulseError } from '../../model/errors';
import type { DecodedSamples, IncomingSample } from '../../write/ingest/sample';
import { writeInPortions } from './write-patiently';

const TAKEN = { accepted: 1, duplicates: 0, rejected: 0, errors: [] };

/** Three portions of samples, and a session that answers each as it is told. */
function scene(answer: (portion: number) => PulseError | null) {
  const portions = [5, 5, 2].map((count, portion): IncomingSample[] =>
    Array.from({ length: count }, (_, index) => ({
      index,
      name: `portion${portion}`,
      value: index,
      timestamp: 0,
      labels: {},
    })),
  );
  const offered: string[] = [];
  const session: IngestSession = {
    rateHeaders: {},
    async write(source) {
      const portion = (await source()) as DecodedSamples;
      offered.push(portion.samples[0].name);
      const error = answer(offered.length);
      if (error) throw error;
      return TAKEN;
    },
  };
  return { portions, session, offered };
}

const refusal = (code: 'nothing_usable' | 'queue_full' | 'bad_body') =>
  new PulseError(code, code, { retryAfterMs: 1 });

test('a portion of which nothing can be taken leaves the others as they are', async () => {
  const { portions, session, offered } = scene((n) => (n < 3 ? refusal('nothing_usable') : null));
  const refused: string[] = [];
  const givenUp = await writeInPortions(session, portions, new AbortController().signal, ({ code }) =>
    refused.push(code),
  );
  expect([givenUp, refused]).toEqual([0, ['nothing_usable', 'nothing_usable']]);
  expect(offered).toEqual(['portion0', 'portion1', 'portion2']);
});

test('one that cannot be taken yet is offered again, until the time is over', async () => {
  const stop = new AbortController();
  const { portions, session, offered } = scene((n) => {
    if (n === 4) stop.abort();
    return n === 1 ? null : refusal('queue_full');
  });
  expect(await writeInPortions(session, portions, stop.signal, () => {})).toBe(7);
  expect(offered).toEqual(['portion0', 'portion1', 'portion1', 'portion1']);
});

test('one that can never be taken ends it', async () => {
  const { portions, session, offered } = scene((n) => (n === 2 ? refusal('bad_body') : null));
  expect(await writeInPortions(session, portions, new AbortController().signal, () => {})).toBe(7);
  expect(offered).toEqual(['portion0', 'portion1']);
});
