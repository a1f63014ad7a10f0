import { LIMIT_MS } from '../limits';
import type { Lanes } from '../pools';
import type { SampleStore, StoreAnswer, StoreQuestion } from '../store';
import { isHeavy } from './cost';
import type { Counters } from './parts';
import { readClosed } from './read-closed';
import { readLast } from './read-last';
import { joinAnswers, readPoints } from './read-points';

/** In what engines differ for whoever reads. */
export interface SampleReadOptions {
  /** Whether the rollups know what counters did between their rows, or reading has to find out. */
  counters: Exclude<Counters, 'none'>;
  /** Cuts a question that one statement had better not answer; see `slicesOf`. */
  cut?(question: StoreQuestion): Promise<StoreQuestion[]>;
}

/** What is read by the same statements of every engine. */
export function createSampleReads(
  { read, bulk }: Pick<Lanes, 'read' | 'bulk'>,
  { counters, cut = async (question) => [question] }: SampleReadOptions,
): Pick<SampleStore, 'readPoints' | 'readClosed' | 'readLast'> {
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
    readLast: (question) => bulk.run((sql) => readLast(sql, question, counters), { limitMs: LIMIT_MS.read }),
  };
}
