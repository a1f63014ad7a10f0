import type { Figures } from '../../observe/figures';
import { Expressions } from '../expressions';
import { HeavyLine } from './heavy';
import { Turns } from './turns';

export interface SchedulerParts {
  figures: Pick<Figures, 'loopStretches' | 'refusals'>;
  turns?: Turns;
}

/**
 * What all work of one server shares: the event loop, the line of heavy work, and the thread for regular expressions.
 */
export class Scheduler {
  readonly figures: SchedulerParts['figures'];
  readonly turns: Turns;
  readonly heavyLine = new HeavyLine();
  readonly expressions = new Expressions();
  private begun = 0;

  constructor({ figures, turns = new Turns() }: SchedulerParts) {
    this.figures = figures;
    this.turns = turns;
  }

  /** A number for new work, higher than all before it. */
  nextNumber(): number {
    return ++this.begun;
  }

  close(): void {
    this.heavyLine.close();
    this.expressions.close();
  }
}
