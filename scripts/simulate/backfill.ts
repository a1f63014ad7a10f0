import { createPoster, ingestUrl } from '../../lib/agent/post';
import { alignUp } from '../../lib/model/points';
import { ProgressBar } from '../progress';
import { type UploadTotals, upload } from '../upload';
import type { SimulatedServer } from './fleet';

const LINES_PER_POST = 2_000;

export interface BackfillOptions {
  fleet: readonly SimulatedServer[];
  url: string;
  key?: string;
  /** Epoch ms; `end` is exclusive. */
  start: number;
  end: number;
  /** Time between two samples of a server. */
  stepMs: number;
}

/** Posts the fleet's past, oldest first, as NDJSON, and adds what became of it to `totals`. */
export async function backfill(
  options: BackfillOptions,
  totals: UploadTotals,
  signal?: AbortSignal,
): Promise<void> {
  const { fleet, start, end, stepMs } = options;
  const poster = createPoster(ingestUrl(options.url), { key: options.key });
  const bar = new ProgressBar();
  let lines: string[] = [];
  let samples = 0;

  async function flush(t: number): Promise<void> {
    await upload(poster, lines, samples, totals);
    lines = [];
    samples = 0;
    bar.show((t - start) / (end - start), `${totals.accepted.toLocaleString('en-US')} samples stored`);
  }

  for (let t = alignUp(start, stepMs); t < end && !signal?.aborted; t += stepMs) {
    for (const server of fleet) {
      const batch = server.report(t);
      if (!batch) continue;
      samples += batch.samples.length;
      if (lines.push(JSON.stringify(batch)) === LINES_PER_POST) await flush(t);
    }
  }
  if (lines.length > 0 && !signal?.aborted) await flush(end);
  bar.end();
  poster.close();
}
