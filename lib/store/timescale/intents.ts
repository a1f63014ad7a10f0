import type { SampleRows } from '../../model/samples';
import type { Heads } from './heads';
import { decodeKeys, hasKey, type SampleKeys } from './keys';

/** What servers announced after a moment, as the database holds it. */
export interface IntentPage {
  /** In the order in which they were announced. */
  entries: ReadonlyArray<readonly [seq: number, token: string, keys: string]>;
  /** Every intent that is neither carried out nor withdrawn. */
  open: readonly number[];
  /** Intents up to this one are not kept any more; none of them is open. */
  prunedTo: number;
}

/** What was decided about the rows of an intent. */
export interface Decision {
  /** Positions of rows that may be stored already. */
  doubtful: number[];
  /** Earlier intents that have one of these, too, and may yet store it; ascending. */
  conflicts: number[];
}

/**
 * What is announced in one term, kept up with by every server. All take the intents in the same order, so all know the
 * same, and a sample is new to at most one of them: the intent that is the first to go beyond what its series has.
 */
export class Intents {
  private readonly open = new Map<number, SampleKeys>();
  private readonly expected = new Map<string, SampleRows>();
  private readonly decisions = new Map<string, Decision>();

  /** @param seen the last intent that `heads` know of, or what it does not know of is not trusted. */
  constructor(
    private readonly heads: Heads,
    public seen: number,
  ) {}

  /** To be called before rows are announced: what is decided about them depends on what comes before them. */
  expect(token: string, rows: SampleRows): void {
    this.expected.set(token, rows);
  }

  /** Takes notice of a page that was read after `since`. */
  take(page: IntentPage, since: number): void {
    if (page.prunedTo > this.seen) {
      this.heads.distrust();
      this.seen = page.prunedTo;
    }
    for (const [seq, token, text] of page.entries) {
      if (seq <= this.seen) continue;
      const keys = decodeKeys(text);
      this.decide(token, keys);
      this.open.set(seq, keys);
      this.seen = seq;
    }
    const last = page.entries.at(-1)?.[0] ?? Math.max(since, page.prunedTo);
    const stillOpen = new Set(page.open);
    for (const seq of this.open.keys()) if (seq <= last && !stillOpen.has(seq)) this.open.delete(seq);
  }

  /** What was decided about announced rows; undefined where they have not been seen. Once for each token. */
  decisionOf(token: string): Decision | undefined {
    const decision = this.decisions.get(token);
    this.decisions.delete(token);
    this.expected.delete(token);
    return decision;
  }

  private decide(token: string, keys: SampleKeys): void {
    const rows = this.expected.get(token);
    if (!rows) {
      this.heads.note(keys.seriesIds, keys.timestamps);
      return;
    }
    const doubtful = this.heads.admit(rows.seriesIds, rows.timestamps);
    this.decisions.set(token, { doubtful, conflicts: this.conflictsOf(rows, doubtful) });
  }

  private conflictsOf({ seriesIds, timestamps }: SampleRows, doubtful: readonly number[]): number[] {
    if (doubtful.length === 0) return [];
    return [...this.open]
      .filter(([, keys]) => doubtful.some((i) => hasKey(keys, seriesIds[i], timestamps[i])))
      .map(([seq]) => seq);
  }
}
