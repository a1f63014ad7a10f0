import { describe } from 'vitest';
import { appendCases } from './case/append.case.test';
import { columnsCases } from './case/columns.case.test';
import { countersCases } from './case/counters.case.test';
import type { EngineUnderTest } from './case/engine-under-test';
import { functionsCases } from './case/functions.case.test';
import { hugeCases } from './case/huge.case.test';
import { nabCases } from './case/nab.case.test';
import { pointsCases } from './case/points.case.test';
import { questionsCases } from './case/questions.case.test';
import { retentionCases } from './case/retention.case.test';
import { schemaCases } from './case/schema.case.test';
import { seriesCases } from './case/series.case.test';
import { upkeepCases } from './case/upkeep.case.test';

/** What a store promises, whatever engine keeps the promise. Each engine's own test calls this. */
export function storeCases(engine: EngineUnderTest): void {
  describe(`a ${engine.name} store`, () => {
    seriesCases(engine);
    appendCases(engine);
    columnsCases(engine);
    pointsCases(engine);
    countersCases(engine);
    nabCases(engine);
    upkeepCases(engine);
    retentionCases(engine);
    hugeCases(engine);
    schemaCases(engine);
    functionsCases(engine);
    questionsCases(engine);
  });
}
