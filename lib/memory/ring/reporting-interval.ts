import { SECOND } from '../../model/time/duration';
import type { SampleBuffer } from './sample-buffer';

const REMEMBERED = 8;
/** Samples of one round are often stamped as each is measured, so anything closer than this is the same round. */
const SAME_ROUND_MS = 900;

/** How often a host reports, learnt from the timestamps of its newest samples. */
export class ReportingInterval {
  private readonly gaps: number[] = [];
  private next = 0;
  private roundStart = 0;
  private known: number | null | undefined;

  /** Takes the timestamp of a sample newer than all before it, epoch ms. */
  note(timestamp: number): void {
    const gap = timestamp - this.roundStart;
    if (gap < SAME_ROUND_MS) return;
    if (this.roundStart > 0) {
      this.gaps[this.next] = gap;
      this.next = (this.next + 1) % REMEMBERED;
      this.known = undefined;
    }
    this.roundStart = timestamp;
  }

  /** The usual time between two rounds, ms; null before there have been two. */
  get intervalMs(): number | null {
    if (this.known === undefined) this.known = usualGap(this.gaps);
    return this.known;
  }
}

/**
 * The upper quartile of some gaps, to the second above 10 s: above the median, since rounds spread over seconds
 * leave small gaps beside the real one; below the top, since an outage leaves a large one. Null without gaps.
 */
export function usualGap(gaps: readonly number[]): number | null {
  if (gaps.length === 0) return null;
  const ascending = Float64Array.from(gaps).sort();
  const gap = ascending[Math.floor(0.75 * (ascending.length - 1))];
  return gap > 10 * SECOND ? Math.round(gap / SECOND) * SECOND : gap;
}

/** The same, from the newest samples of one series: for what was stored before this process began. */
export function intervalOfSamples(samples: SampleBuffer): number | null {
  const interval = new ReportingInterval();
  const first = Math.max(samples.start, samples.end - REMEMBERED - 1);
  for (let at = first; at < samples.end; at++) interval.note(samples.timestampAt(at));
  return interval.intervalMs;
}
