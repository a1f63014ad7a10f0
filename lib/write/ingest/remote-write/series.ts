import { LIMITS } from '../../../model/limits';
import type { MetricType } from '../../../model/series';
import { toLabels, toMetricName } from '../names';
import type { ReadSeries } from '../portions';

const NAME = '__name__';

/** By how metrics are named: those that only grow. Version 1.0 says it in requests of its own, apart from samples. */
const COUNTER = /_(total|count|sum|bucket)$/;

/** The labels of one series as they come, its metric's name among them. */
export class SeriesReader {
  private readonly sent = new Map<string, string>();
  private isTwice = false;

  /** @returns false when there are more than a series can have: the rest need not be read. */
  add(name: string, value: string): boolean {
    this.isTwice ||= this.sent.has(name);
    this.sent.set(name, value);
    return this.sent.size <= LIMITS.labelsPerSeries + 1;
  }

  /** @param type what the sender says of it; else its name tells */
  read(type?: MetricType, unit?: string): ReadSeries {
    const { sent } = this;
    if (this.isTwice) return 'bad_label';
    const name = sent.get(NAME);
    if (name === undefined) return 'bad_name';
    sent.delete(NAME);
    if (sent.size > LIMITS.labelsPerSeries) return 'too_many_labels';
    return { name: toMetricName(name), labels: toLabels(sent), type: type ?? typeByName(name), unit };
  }
}

function typeByName(name: string): MetricType | undefined {
  return COUNTER.test(name) ? 'counter' : undefined;
}
