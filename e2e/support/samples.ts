import type { Labels } from '@/lib/model/labels';

export interface SampleInput {
  name: string;
  value: number;
  timestamp?: number;
  labels?: Labels;
  type?: 'gauge' | 'counter';
  unit?: string;
}

/** Posts samples as an agent does, and insists that all of them are committed. */
export async function post(url: string, samples: readonly SampleInput[]): Promise<void> {
  const response = await fetch(`${url}/api/metrics`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(samples),
  });
  const body = (await response.json()) as { accepted?: number };
  if (body.accepted !== samples.length) throw new Error(`${response.status} ${JSON.stringify(body)}`);
}

export interface HistoryOptions {
  minutes: number;
  everyMs: number;
  /** Its last sample is not after this, epoch ms. */
  until?: number;
}

/** One sample a step over the last `minutes`; `value` of the n-th. */
export function history(
  name: string,
  { minutes, everyMs, until = Date.now(), ...sample }: HistoryOptions & Omit<SampleInput, 'name' | 'value'>,
  value: (n: number) => number,
): SampleInput[] {
  const end = Math.floor(until / everyMs) * everyMs;
  const count = Math.floor((minutes * 60_000) / everyMs);
  return Array.from({ length: count }, (_, n) => ({
    name,
    value: value(n),
    timestamp: end - (count - 1 - n) * everyMs,
    ...sample,
  }));
}

/** A metric name no other test uses. */
export function uniqueMetric(suffix: string): string {
  return `e2e_${Math.random().toString(36).slice(2, 10)}_${suffix}`;
}
