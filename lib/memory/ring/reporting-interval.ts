import { SECOND } from '../../model/time/duration';
import type { SampleBuffer } from './sample-buffer';

const REMEMBERED = 8;
/** The samples of one report are often stamped one after another: samples closer than this are of one report. */
const SAME_REPORT_MS = 900;

/** How often a host reports, computed from the timestamps of its newest samples. */
export class ReportingInterval {
  private readonly gaps: number[] = [];
  private next = 0;
  private reportStart = 0;
  private known: number | null | undefined;

  /** Records the timestamp of a sample that is newer than all before, epoch ms. */
  note(timestamp: number): void {
    const gap = timestamp - this.reportStart;
    if (gap < SAME_REPORT_MS) return;
    if (this.reportStart > 0) {
      this.gaps[this.next] = gap;
      this.next = (this.next + 1) % REMEMBERED;
      this.known = undefined;
    }
    this.reportStart = timestamp;
  }

  /** The usual time between two reports, ms; null before the second. */
  get intervalMs(): number | null {
    if (this.known === undefined) this.known = usualGap(this.gaps);
    return this.known;
  }
}

/**
 * The upper quartile of some gaps, above 10 s rounded to the second: above the median, since a report spread over
 * seconds has small gaps; below the maximum, since an outage is a large gap. Null without gaps.
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
