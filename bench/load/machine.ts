import { cpus, release, totalmem } from 'node:os';
import { FORMATS } from './formats';

const FOR_MS = 300;

export function machine(): string {
  const [first] = cpus();
  return `${cpus().length} × ${first.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()}`;
}

/**
 * How many bodies of 10 samples one core parses a second, in the moment after a run. A machine that shares its cores with
 * others is not equally fast at all times: figures of two runs compare as far as these do.
 */
export function coreSpeed(): number {
  const body = FORMATS.batch.body(['web-00000'], { timestamp: '1000000000000', value: '10.25' });
  const began = performance.now();
  let parsed = 0;
  while (performance.now() - began < FOR_MS) {
    for (let i = 0; i < 100; i++) JSON.parse(body);
    parsed += 100;
  }
  return Math.round((parsed * 1_000) / (performance.now() - began));
}
