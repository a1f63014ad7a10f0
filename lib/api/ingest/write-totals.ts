import { isPulseError, PulseError } from '../../model/errors';
import { LIMITS } from '../../model/limits';
import type { ItemKind, Items, SampleError, WriteResult } from '../../write/ingest/sample';

/** After so many bad samples without a good one the rest of a body is not read. */
const MAX_BAD_SAMPLES = LIMITS.samplesPerJsonBody;

const ITEM_KINDS: readonly ItemKind[] = ['samples', 'histograms'];

/** Adds up the results of the portions of one write request. */
export class WriteTotals {
  accepted = 0;
  rejected = 0;
  private duplicates = 0;
  private readonly errors: SampleError[] = [];
  private written?: Record<ItemKind, number>;
  private itemsRejected = 0;

  /** @param what a body holds, for messages. */
  constructor(private readonly what: () => 'samples' | 'events' = () => 'samples') {}

  /**
   * @param items what the portion consists of, where it has items
   * @throws PulseError `nothing_usable` after too many bad samples without a good one.
   */
  add({ accepted, duplicates, rejected, errors }: WriteResult, items?: Items): void {
    if (items) this.addItems(items, errors);
    this.accepted += accepted;
    this.duplicates += duplicates;
    this.rejected += rejected;
    if (errors.length > 0) this.errors.push(...errors.slice(0, LIMITS.errorsListed - this.errors.length));
    // A stream of bad samples could go on for ever.
    if (this.accepted === 0 && this.rejected >= MAX_BAD_SAMPLES) throw this.nothingUsable();
  }

  /** @throws PulseError `nothing_usable` when every sample was rejected. */
  result(): WriteResult {
    const { accepted, duplicates, rejected, errors, written, itemsRejected } = this;
    if (rejected > 0 && accepted === 0) throw this.nothingUsable();
    return { accepted, duplicates, rejected, errors, ...(written && { written, itemsRejected }) };
  }

  get firstError(): SampleError | undefined {
    return this.errors[0];
  }

  /** An item of which any sample was rejected was not written. */
  private addItems({ counts, kindOf }: Items, errors: readonly SampleError[]): void {
    this.written ??= { samples: 0, histograms: 0 };
    for (const kind of ITEM_KINDS) this.written[kind] += counts[kind];
    const rejected = new Set(errors.map((error) => error.index));
    for (const index of rejected) this.written[kindOf(index)]--;
    this.itemsRejected += rejected.size;
  }

  /** Adds to an error in the middle of a body how many samples were stored before it: the sender can continue there. */
  withTotals(error: unknown): unknown {
    const { accepted, duplicates, rejected } = this;
    if (accepted + rejected === 0 || !isPulseError(error) || error.code === 'nothing_usable') return error;
    const message = `${error.message} Before that, ${accepted} ${this.what()} of this body were accepted and ${rejected} rejected.`;
    const { cause, retryAfterMs } = error;
    return new PulseError(error.code, message, {
      cause,
      retryAfterMs,
      details: [{ accepted, duplicates, rejected }],
    });
  }

  private nothingUsable(): PulseError {
    const { rejected, errors } = this;
    const message = `None of the ${rejected} ${this.what()} can be used; the first one: ${errors[0].message}.`;
    return new PulseError('nothing_usable', message, { details: errors });
  }
}
