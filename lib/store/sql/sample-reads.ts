import type { ISql } from 'postgres';
import type { TimeRange } from '../../model/points';
import type { Run } from '../lane';
import { LIMIT_MS } from '../limits';
import type { Lanes } from '../pools';
import type { SampleStore, StoreAnswer, StoreQuestion } from '../store';
import { isHeavy } from './cost';
import type { Counters } from './parts';
import { readClosed } from './read-closed';
import { readLast } from './read-last';
import { joinAnswers, readPoints } from './read-points';
import { readSamples } from './read-samples';

/** In what engines differ for whoever reads. */
export interface SampleReadOptions {
  /** Whether the rollups know what counters did between their rows, or reading has to find out. */
  counters: Exclude<Counters, 'none'>;
  /** Cuts a question that one statement had better not answer; see `slicesOf`. */
  cut?(question: StoreQuestion): Promise<StoreQuestion[]>;
  /** Where in time samples lie, oldest first. */
  listStretches(sql: ISql): Promise<readonly TimeRange[]>;
  /** How many samples a page should have. */
  pageRows: number;
}

/** What is read by the same statements of every engine. */
export function createSampleReads(
  { read, bulk }: Pick<Lanes, 'read' | 'bulk'>,
  { counters, cut = async (question) => [question], listStretches, pageRows }: SampleReadOptions,
): Omit<SampleStore, 'append'> {
  const inBulk: Run = (work) => bulk.run(work, { limitMs: LIMIT_MS.page });
  return {
    async readPoints(question, options) {
      const reading = { ...options, isHeavy: isHeavy(question) };
      const answers: StoreAnswer[] = [];
      // One after the other: others have their turn in between.
      for (const slice of await cut(question))
        answers.push(await read.run((sql) => readPoints(sql, slice, counters, options?.scheduler), reading));
      return joinAnswers(answers);
    },
    // Asked where the points are read: a replica that lags behind does so with both.
    readClosed: (metricId, options) => read.run((sql) => readClosed(sql, metricId), options),
    async *readSamples(range) {
      const stretches = await inBulk(listStretches);
      yield* readSamples(inBulk, range, { stretches, pageRows });
    },
    readLast: (question) => bulk.run((sql) => readLast(sql, question, counters), { limitMs: LIMIT_MS.read }),
  };
}
