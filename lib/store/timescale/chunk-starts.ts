import type { ISql } from 'postgres';
import { MINUTE } from '../../model/time/duration';
import type { Run } from '../lane';
import { listChunks } from './chunks';

/** Which chunks there are changes slowly, and to list thousands takes a tenth of a second. */
const FRESH_MS = MINUTE;

/** When the chunks of samples begin, epoch ms, ascending: as of a minute ago, so good for estimates only. */
export class ChunkStarts {
  private starts: Promise<number[]> | null = null;
  private readAt = Number.NEGATIVE_INFINITY;

  constructor(private readonly run: Run<ISql>) {}

  list(now = performance.now()): Promise<number[]> {
    if (this.starts && now - this.readAt < FRESH_MS) return this.starts;
    this.readAt = now;
    const reading = this.run(listChunks).then((chunks) => chunks.map(({ start }) => start));
    this.starts = reading;
    reading.catch(() => {
      if (this.starts === reading) this.starts = null;
    });
    return reading;
  }
}
