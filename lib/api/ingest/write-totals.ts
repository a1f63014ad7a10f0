import { isPulseError, PulseError } from '../../model/errors';
import { LIMITS } from '../../model/limits';
import type { SampleError, WriteResult } from '../../write/ingest/sample';

/** After so many bad samples without a good one the rest of a body is not looked at. */
const HOPELESS_SAMPLES = LIMITS.samplesPerJsonBody;

/** What became of the samples of one write request, portion by portion. */
export class WriteTotals {
  private accepted = 0;
  private duplicates = 0;
  private rejected = 0;
  private readonly errors: SampleError[] = [];

  /** @throws PulseError `nothing_usable` once there is nothing to hope for. */
  add({ accepted, duplicates, rejected, errors }: WriteResult): void {
    this.accepted += accepted;
    this.duplicates += duplicates;
    this.rejected += rejected;
    if (errors.length > 0) this.errors.push(...errors.slice(0, LIMITS.errorsListed - this.errors.length));
    // Nothing but rubbish so far, and a stream of it may go on for ever.
    if (this.accepted === 0 && this.rejected >= HOPELESS_SAMPLES) throw this.nothingUsable();
  }

  /** @throws PulseError `nothing_usable` when every sample was rejected. */
  result(): WriteResult {
    const { accepted, duplicates, rejected, errors } = this;
    if (rejected > 0 && accepted === 0) throw this.nothingUsable();
    return { accepted, duplicates, rejected, errors };
  }

  /** An error in the middle of a body names what was kept of it, so that the sender can go on from there. */
  soFar(error: unknown): unknown {
    const { accepted, duplicates, rejected } = this;
    if (accepted + rejected === 0 || !isPulseError(error) || error.code === 'nothing_usable') return error;
    const message = `${error.message} Before that, ${accepted} samples of this body were accepted and ${rejected} rejected.`;
    const { cause, retryAfterMs } = error;
    return new PulseError(error.code, message, {
      cause,
      retryAfterMs,
      details: [{ accepted, duplicates, rejected }],
    });
  }

  private nothingUsable(): PulseError {
    const { rejected, errors } = this;
    const message = `None of the ${rejected} samples can be used; the first one: ${errors[0].message}.`;
    return new PulseError('nothing_usable', message, { details: errors });
  }
}
