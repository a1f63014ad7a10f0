export interface TestSample {
  name: string;
  labels: { host: string };
  timestamp: number;
  value: number;
}

/** What identifies a sample. */
export type SampleKey = string;

export function keyOf({ name, labels, timestamp }: Omit<TestSample, 'value'>): SampleKey {
  return `${name} ${labels.host} ${timestamp}`;
}
