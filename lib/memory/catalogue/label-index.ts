import type { Labels, Matcher } from '../../model/labels';
import { NAME_LABEL } from '../../model/selector';
import type { Series } from '../../model/series';
import type { PausableWork } from '../../runtime/work/work';

/** One set of labels and the series that have it. */
export interface LabelSet {
  readonly labels: Labels;
  readonly byMetric: Map<string, Series>;
}

/** The label sets that have each value of one label. */
interface Values {
  readonly sets: Map<string, LabelSet[]>;
  /** How many label sets have been looked at. */
  seen: number;
}

/** Labels that are indexed: those that were asked for last. */
const MOST_LABELS = 16;
/** Label sets between two looks at the clock: well below a millisecond. */
const PIECE = 512;

/**
 * Finds label sets by the value of a label. Dashboards of one host ask about a few of many thousand series, all the
 * time. A label is indexed when it is first asked for, and from then on as label sets are added.
 */
export class LabelIndex {
  private readonly all: LabelSet[] = [];
  /** The label asked for last comes last. */
  private readonly byLabel = new Map<string, Values>();

  add(set: LabelSet): void {
    this.all.push(set);
  }

  /**
   * The fewest label sets that one of the matchers alone leaves, in the order they were added; null where no matcher
   * names a value.
   */
  async rarest(matchers: readonly Matcher[], work: PausableWork): Promise<readonly LabelSet[] | null> {
    let fewest: readonly LabelSet[] | null = null;
    for (const { label, operator, value } of matchers) {
      // A series without a label has the value ''.
      if (operator !== '=' || value === '' || label === NAME_LABEL) continue;
      const sets = (await this.valuesOf(label, work)).sets.get(value) ?? [];
      if (!fewest || sets.length < fewest.length) fewest = sets;
    }
    return fewest;
  }

  private async valuesOf(label: string, work: PausableWork): Promise<Values> {
    const values = this.byLabel.get(label) ?? { sets: new Map(), seen: 0 };
    this.byLabel.delete(label);
    this.byLabel.set(label, values);
    if (this.byLabel.size > MOST_LABELS) this.byLabel.delete(this.byLabel.keys().next().value!);
    while (values.seen < this.all.length) {
      if (work.isDue('match')) await work.pause();
      // Others may have gone on with it meanwhile.
      const end = Math.min(values.seen + PIECE, this.all.length);
      for (; values.seen < end; values.seen++) addTo(values.sets, this.all[values.seen], label);
    }
    return values;
  }
}

function addTo(sets: Map<string, LabelSet[]>, set: LabelSet, label: string): void {
  if (!Object.hasOwn(set.labels, label)) return;
  const value = set.labels[label];
  const found = sets.get(value);
  if (found) found.push(set);
  else sets.set(value, [set]);
}
