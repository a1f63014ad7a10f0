import type { ProgressBar } from '../progress';
import type { Checkpoint } from './checkpoint';
import type { End } from './ends';

const NOTE_EVERY_ROWS = 500_000;

export interface CopySamples {
  source: End;
  target: End;
  ids: ReadonlyMap<number, { id: number }>;
  /** The progress shown is how far the copy has got in time, up to this. */
  now: number;
  checkpoint: Checkpoint;
  bar: ProgressBar;
}

/**
 * Copies the samples, oldest first. Storing a sample again changes nothing, so what an interrupted copy repeats is
 * harmless. While a page is stored the next one is read.
 */
export async function copySamples({
  source,
  target,
  ids,
  now,
  checkpoint,
  bar,
}: CopySamples): Promise<number> {
  const start = checkpoint.noted.samplesBefore;
  let first = Number.NaN;
  let copied = 0;
  let unnoted = 0;
  let storing: Promise<unknown> = Promise.resolve();
  for await (const { seriesIds, timestamps, values } of source.store.samples.readSamples({
    start,
    end: Number.MAX_SAFE_INTEGER,
  })) {
    await storing;
    const [oldest] = timestamps;
    if (Number.isNaN(first)) first = oldest;
    // Everything before this page is stored now, but perhaps not all of its very first moment.
    if (unnoted >= NOTE_EVERY_ROWS) {
      await checkpoint.note({ samplesBefore: oldest });
      unnoted = 0;
    }
    bar.show(
      (oldest - first) / Math.max(1, now - first),
      `${copied} samples, ${new Date(oldest).toISOString()}`,
    );
    storing = target.store.samples.append({
      seriesIds: seriesIds.map((id) => ids.get(id)?.id ?? missing(id)),
      timestamps,
      values,
    });
    // Rejections are met at the next `await storing`; until then they are nobody's.
    storing.catch(() => {});
    copied += seriesIds.length;
    unnoted += seriesIds.length;
  }
  await storing;
  bar.show(1, `${copied} samples`);
  return copied;
}

function missing(id: number): never {
  throw new Error(`series ${id} came to be while the catalogue was copied: run it again`);
}
