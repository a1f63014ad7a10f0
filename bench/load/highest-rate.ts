import { SECOND } from '../../lib/model/time/duration';
import { milliseconds, whole } from '../support/report';
import { type Load, type Measurement, openRig, type Programs, toResult } from './measure';
import type { Result } from './result';
import type { Scene } from './scene';

/** A rate is sustained when so much of it is answered in time, none of it wrongly. */
const P99_LIMIT_MS = 250;
const ANSWERED_SHARE = 0.99;
/** Rates grow by this factor until one is too high, then the space between is halved so often. */
const GROWTH = 1.4;
const HALVINGS = 2;
const FIRST_RATE = 4_000;

/** The measurement at the highest rate that was sustained, in messages a second. */
export async function findHighestRate(
  programs: Programs,
  scene: Scene,
  load: Load,
  times: { seconds: number; warmUpSeconds: number },
): Promise<Result> {
  const rig = await openRig(programs, scene, load);
  try {
    let best: Measurement | null = null;
    const isSustained = async (rate: number) => {
      const senders = load.servers / load.scenario.serversPerSender;
      const measurement = await rig.measure({ everyMs: (senders * SECOND) / rate, ...times });
      const { latencies, answeredInTime, errors } = measurement.report;
      const p99 = latencies.getValueAtPercentile(99) / 1_000;
      const answered = answeredInTime / times.seconds;
      const holds =
        p99 <= P99_LIMIT_MS && answered >= rate * ANSWERED_SHARE && Object.keys(errors).length === 0;
      console.log(`${whole(rate)}/s: ${whole(answered)}/s answered, p99 ${milliseconds(p99)}`);
      if (holds) best = measurement;
      return holds;
    };
    await search(FIRST_RATE / load.scenario.serversPerSender, isSustained);
    if (!best) throw new Error('Not even the lowest rate was sustained.');
    return { ...(await toResult(scene, load, best, await rig.audit())), name: `max.${nameOf(scene, load)}` };
  } finally {
    await rig.close();
  }
}

async function search(first: number, isSustained: (rate: number) => Promise<boolean>): Promise<void> {
  let sustained = first;
  if (!(await isSustained(first))) return;
  let tooHigh = first * GROWTH;
  while (await isSustained(tooHigh)) {
    sustained = tooHigh;
    tooHigh *= GROWTH;
  }
  for (let i = 0; i < HALVINGS; i++) {
    const middle = (sustained + tooHigh) / 2;
    if (await isSustained(middle)) sustained = middle;
    else tooHigh = middle;
  }
}

function nameOf({ system, ports }: Scene, { scenarioName, bus }: Load): string {
  return [scenarioName, system, bus, `${ports.length}-nodes`].filter((part) => part !== null).join('.');
}
