import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SeriesIdentity, StoredSeries } from '../../model/series';
import type { Store } from '../store';
import { type Bench, type EngineUnderTest, range, setUp } from './engine-under-test';

async function catalogue(store: Store): Promise<StoredSeries[]> {
  const found: StoredSeries[] = [];
  for await (const page of store.catalogue.load()) found.push(...page);
  return found;
}

export function seriesCases(engine: EngineUnderTest): void {
  describe('the catalogue of series', () => {
    let bench: Bench;
    beforeAll(async () => {
      bench = await setUp(engine);
    });
    afterAll(() => bench.close());

    it('gives a series one id for ever, whatever the order of its labels', async () => {
      const [first] = await bench.store.catalogue.ensure([{ metric: 'stable', labels: { a: '1', b: '2' } }]);
      const [again] = await (await bench.another()).catalogue.ensure([
        { metric: 'stable', labels: { b: '2', a: '1' } },
      ]);
      expect(again.id).toBe(first.id);
      expect(again.metricId).toBe(first.metricId);
    });

    it('distinguishes series by metric, by label and by value, and answers in the order asked', async () => {
      const identities: SeriesIdentity[] = [
        { metric: 'apart', labels: {} },
        { metric: 'apart_too', labels: {} },
        { metric: 'apart', labels: { a: 'b' } },
        { metric: 'apart', labels: { a: 'c' } },
        { metric: 'apart', labels: { b: 'a' } },
        { metric: 'apart', labels: { a: 'b' } },
      ];
      const stored = await bench.store.catalogue.ensure(identities);
      expect(stored.map(({ metric, labels }) => ({ metric, labels }))).toEqual(identities);
      expect(new Set(stored.map(({ id }) => id)).size).toBe(5);
      expect(stored[5].id).toBe(stored[2].id);
    });

    it('keeps any text in a label value', async () => {
      const labels = { quotes: `"'\\{},`, unicode: 'Zürich 東京 🚀 \u202e', space: ' \t\n', empty: '' };
      const [stored] = await bench.store.catalogue.ensure([{ metric: 'odd_labels', labels }]);
      const loaded = (await catalogue(bench.store)).find(({ id }) => id === stored.id);
      expect(loaded?.labels).toEqual(labels);
    });

    it('uses up no ids for what is there already', async () => {
      const before = await bench.store.catalogue.ensure([{ metric: 'frugal', labels: { n: '0' } }]);
      for (const _ of range(20))
        await bench.store.catalogue.ensure([{ metric: 'frugal', labels: { n: '0' } }]);
      const after = await bench.store.catalogue.ensure([{ metric: 'frugal', labels: { n: '1' } }]);
      expect(after[0].id).toBe(before[0].id + 1);
    });

    it('agrees on one id when servers create the same series at once, in different orders', async () => {
      const servers = [bench.store, await bench.another(), await bench.another()];
      const identities = range(500).map((n) => ({ metric: `race_${n % 7}`, labels: { n: String(n) } }));
      const answers = await Promise.all(
        servers.map((store, i) => store.catalogue.ensure(i % 2 ? identities.toReversed() : identities)),
      );
      const idsByKey = answers.map(
        (stored) => new Map(stored.map(({ id, metric, labels }) => [`${metric} ${labels.n}`, id])),
      );
      expect(idsByKey[1]).toEqual(idsByKey[0]);
      expect(idsByKey[2]).toEqual(idsByKey[0]);
      expect(new Set(idsByKey[0].values()).size).toBe(500);
    });

    it('takes over a type and unit when somebody knows them, and keeps them when somebody does not', async () => {
      const ask = async (more: object) =>
        (await bench.store.catalogue.ensure([{ metric: 'typed', labels: {}, ...more }]))[0];
      expect(await ask({})).toMatchObject({ type: 'gauge', unit: '' });
      expect(await ask({ type: 'counter', unit: 'bytes' })).toMatchObject({ type: 'counter', unit: 'bytes' });
      expect(await ask({})).toMatchObject({ type: 'counter', unit: 'bytes' });
    });

    it('records when series were last seen, and never an earlier time', async () => {
      const stored = await bench.store.catalogue.ensure(
        range(3).map((n) => ({ metric: 'seen', labels: { n: `${n}` } })),
      );
      const [a, b, c] = stored.map(({ id }) => id);
      expect(stored.map(({ lastSeen }) => lastSeen)).toEqual([0, 0, 0]);
      await bench.store.catalogue.touch([
        { id: c, lastSeen: 1_795_200_000_123 },
        { id: a, lastSeen: 1_795_200_000_456 },
      ]);
      await bench.store.catalogue.touch([{ id: a, lastSeen: 1_795_100_000_000 }]);
      await bench.store.catalogue.touch([]);
      const seen = new Map((await catalogue(bench.store)).map(({ id, lastSeen }) => [id, lastSeen]));
      expect([a, b, c].map((id) => seen.get(id))).toEqual([1_795_200_000_456, 0, 1_795_200_000_123]);
    });

    it('loads a catalogue of many pages whole', async () => {
      const identities = range(12_000).map((n) => ({ metric: 'many', labels: { n: String(n) } }));
      const stored = await bench.store.catalogue.ensure(identities);
      const loaded = (await catalogue(await bench.another())).filter(({ metric }) => metric === 'many');
      expect(new Set(loaded.map(({ id }) => id))).toEqual(new Set(stored.map(({ id }) => id)));
      expect(new Set(loaded.map(({ labels }) => labels.n)).size).toBe(12_000);
    });
  });
}
