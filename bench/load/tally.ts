import { build, encodeIntoCompressedBase64, type Histogram } from 'hdr-histogram-js';

/** What came back for a message. */
export interface Answer {
  /** `ok`, or what was wrong: a status, a code. */
  outcome: string;
  accepted: number | 'all';
  duplicates: number;
}

/** What a sender has sent and has no answer to yet. */
export interface Sent {
  /** When it should have left, in `performance.now()` time. */
  readonly dueAt: number;
  readonly samples: number;
  readonly hundredths: number;
}

/** What one generator process measured, as it is handed to the program that started it. */
export interface Report {
  sent: number;
  answered: number;
  /** Samples that were acknowledged, and the sum of their values in hundredths: what must be stored in the end. */
  acknowledged: { samples: number; hundredths: number };
  /** Samples of those that the server found there already. */
  duplicates: number;
  /** What went wrong, and how often. */
  errors: Record<string, number>;
  /** Answers that came within the time that counts. */
  answeredInTime: number;
  /** µs from the moment a message was due to its answer, HDR in Base64. */
  latencies: string;
  /** µs from the moment a message was due to its being sent where nothing but the generator held it up. */
  lateness: string;
  bytesSent: number;
  bytesReceived: number;
  cpuSeconds: number;
}

const LONGEST_US = 600e6;

export function emptyHistogram(): Histogram {
  return build({
    bitBucketSize: 32,
    highestTrackableValue: LONGEST_US,
    numberOfSignificantValueDigits: 3,
    useWebAssembly: false,
  });
}

/** Counts of one process over one run. Messages that fall due before `countFrom` are acknowledged, but not timed. */
export class Tally {
  sent = 0;
  answered = 0;
  private readonly errors: Record<string, number> = {};
  private readonly acknowledged = { samples: 0, hundredths: 0 };
  private duplicates = 0;
  private answeredInTime = 0;
  private readonly latencies = emptyHistogram();
  private readonly lateness = emptyHistogram();

  constructor(
    private readonly countFrom: number,
    private readonly countTo: number,
  ) {}

  noteSent(dueAt: number, now: number, wasHeldUp: boolean): void {
    this.sent++;
    if (!wasHeldUp && this.counts(dueAt)) record(this.lateness, now - dueAt);
  }

  noteAnswer(sent: Sent, { outcome, accepted, duplicates }: Answer): void {
    const now = performance.now();
    this.answered++;
    if (this.counts(now)) this.answeredInTime++;
    if (outcome !== 'ok') {
      this.noteError(outcome);
      return;
    }
    const count = accepted === 'all' ? sent.samples : accepted;
    if (count !== sent.samples) this.noteError('not all accepted');
    // Nothing is sent twice: a duplicate is what the server itself wrote again, not knowing whether it had been committed.
    this.duplicates += duplicates;
    this.acknowledged.samples += count;
    this.acknowledged.hundredths += sent.hundredths;
    if (this.counts(sent.dueAt)) record(this.latencies, now - sent.dueAt);
  }

  noteError(what: string): void {
    this.errors[what] = (this.errors[what] ?? 0) + 1;
  }

  report(cost: Pick<Report, 'bytesSent' | 'bytesReceived' | 'cpuSeconds'>): Report {
    const { sent, answered, errors, acknowledged, duplicates, answeredInTime } = this;
    return {
      ...{ sent, answered, errors, acknowledged, duplicates, answeredInTime },
      latencies: encodeIntoCompressedBase64(this.latencies),
      lateness: encodeIntoCompressedBase64(this.lateness),
      ...cost,
    };
  }

  private counts(at: number): boolean {
    return at >= this.countFrom && at < this.countTo;
  }
}

function record(histogram: Histogram, ms: number): void {
  histogram.recordValue(Math.min(LONGEST_US, Math.max(1, Math.round(ms * 1_000))));
}
