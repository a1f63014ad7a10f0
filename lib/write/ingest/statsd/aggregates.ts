import { type Buckets, toSamples } from '../histogram';
import type { IncomingSample } from '../sample';
import { Distribution } from './distribution';
import { type Refused, readStatsdNumber, type StatsdLine, type StatsdType } from './line';
import type { Subject } from './subject';

/** A span of time of which all that was received is summed up, epoch ms. */
export interface Span {
  start: number;
  end: number;
}

/** What is known of a series: what it was at the end of the last window, and what this one has added. */
export interface Aggregate {
  /** What it takes beside its name and labels, which grows with what is added. */
  readonly bytes: number;
  add(line: StatsdLine): Refused | null;
  /** Ends the window. Called when something was added in it. */
  end(span: Span): MakeSamples;
}

/** Makes the samples of a window that has ended. They are far larger than what they are made of, so they come later. */
export type MakeSamples = (samples: IncomingSample[]) => void;

export const AGGREGATES: Readonly<Record<StatsdType, (subject: Subject) => Aggregate>> = {
  counter: (subject) => new CounterTotal(subject),
  gauge: (subject) => new GaugeValue(subject),
  timer: (subject) => new TimerTotal(subject),
  set: (subject) => new SetSize(subject),
};

/**
 * A counter: all that was counted since this server first heard of it. Where it was not written at the end of the last
 * window, it is written at the start of this one, too: what is counted then counts for this window and not for the
 * pause before it, and a first count counts, as does the first after a restart, which begins at zero.
 */
class CounterTotal implements Aggregate {
  readonly bytes = 0;
  private total = 0;
  private before = 0;
  private writtenAt = Number.NEGATIVE_INFINITY;

  constructor(private readonly subject: Subject) {}

  add({ values, weight }: StatsdLine): Refused | null {
    let total = this.total;
    for (const text of values) {
      const value = readStatsdNumber(text);
      if (Number.isNaN(value)) return 'malformed';
      if (value < 0) return 'negative';
      total += value * weight;
    }
    if (!Number.isFinite(total)) return 'malformed';
    this.total = total;
    return null;
  }

  end({ start, end }: Span): MakeSamples {
    const { total, before } = this;
    const { name, labels } = this.subject;
    const isGoingOn = this.writtenAt === start;
    this.before = total;
    this.writtenAt = end;
    return (samples) => {
      const push = (value: number, timestamp: number) =>
        samples.push({ index: samples.length, name, value, timestamp, labels, type: 'counter' });
      if (!isGoingOn) push(before, start);
      push(total, end);
    };
  }
}

/** A gauge: the last value that was set, changed by those with a sign since. */
class GaugeValue implements Aggregate {
  readonly bytes = 0;
  private value = 0;

  constructor(private readonly subject: Subject) {}

  add({ values }: StatsdLine): Refused | null {
    let { value } = this;
    for (const text of values) {
      const given = readStatsdNumber(text);
      value = /^[+-]/.test(text) ? value + given : given;
      if (!Number.isFinite(value)) return 'malformed';
    }
    this.value = value;
    return null;
  }

  end({ end }: Span): MakeSamples {
    return gaugeSample(this.subject, this.value, end);
  }
}

/** What a member of a set takes beside its text. */
const MEMBER_BYTES = 128;

/** A set: how many different members it has had in this window. */
class SetSize implements Aggregate {
  bytes = 0;
  private readonly members = new Set<string>();

  constructor(private readonly subject: Subject) {}

  add({ values }: StatsdLine): null {
    for (const member of values) {
      if (this.members.has(member)) continue;
      this.members.add(member);
      this.bytes += MEMBER_BYTES + 2 * member.length;
    }
    return null;
  }

  end({ end }: Span): MakeSamples {
    const { size } = this.members;
    this.members.clear();
    this.bytes = 0;
    return gaugeSample(this.subject, size, end);
  }
}

function gaugeSample({ name, labels }: Subject, value: number, timestamp: number): MakeSamples {
  return (samples) => samples.push({ index: samples.length, name, value, timestamp, labels, type: 'gauge' });
}

/** What a bucket takes, in both distributions. */
const BUCKET_BYTES = 96;

/** A timer, histogram or distribution: a histogram of all its values, written as a counter is. */
class TimerTotal implements Aggregate {
  private total = new Distribution();
  private before = new Distribution();
  private writtenAt = Number.NEGATIVE_INFINITY;

  constructor(private readonly subject: Subject) {}

  get bytes(): number {
    return BUCKET_BYTES * this.total.size;
  }

  add({ values, weight }: StatsdLine): Refused | null {
    const numbers = values.map(readStatsdNumber);
    if (numbers.some(Number.isNaN)) return 'malformed';
    return this.total.add(numbers, weight) ? null : 'malformed';
  }

  end({ start, end }: Span): MakeSamples {
    const { before } = this;
    const total = this.total.copy();
    const isGoingOn = this.writtenAt === start;
    this.before = total;
    this.writtenAt = end;
    return (samples) => {
      const buckets = total.buckets();
      const known = new Map(before.buckets());
      const atStart = bucketsBefore(buckets, known);
      if (!isGoingOn) this.push(start, before, atStart, samples);
      else
        this.pushBuckets(
          start,
          atStart.filter(([bound]) => !known.has(bound)),
          samples,
        );
      this.push(end, total, buckets, samples);
    };
  }

  private push(timestamp: number, { count, sum }: Distribution, buckets: Buckets, samples: IncomingSample[]) {
    const { name, labels } = this.subject;
    toSamples({ index: samples.length, name, labels, timestamp, count, sum, buckets }, samples);
  }

  private pushBuckets(timestamp: number, buckets: Buckets, samples: IncomingSample[]): void {
    const { name, labels } = this.subject;
    for (const [bound, value] of buckets)
      samples.push({
        index: samples.length,
        name: `${name}_bucket`,
        value,
        timestamp,
        labels: { ...labels, le: String(bound) },
        type: 'counter',
      });
  }
}

/**
 * What buckets had before, to the bit as it was written: added up in another order it may be a little less, which means
 * a restart. A new bound has what the one below it had.
 */
function bucketsBefore(buckets: Buckets, known: ReadonlyMap<number, number>): Buckets {
  let atMost = 0;
  return buckets.map(([bound]) => {
    atMost = known.get(bound) ?? atMost;
    return [bound, atMost];
  });
}
