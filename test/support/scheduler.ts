import { createFigures } from '@/lib/observe/figures';
import { Scheduler, type SchedulerParts } from '@/lib/runtime/work/scheduler';
import { Work, type WorkOptions } from '@/lib/runtime/work/work';

/** What work of a test shares, as that of a server does. */
export function createScheduler(parts: Omit<SchedulerParts, 'figures'> = {}): Scheduler {
  return new Scheduler({ figures: createFigures(), ...parts });
}

/** Work of a request, all by itself. */
export function newWork(options: WorkOptions = {}, parts: Omit<SchedulerParts, 'figures'> = {}): Work {
  return new Work(createScheduler(parts), options);
}
