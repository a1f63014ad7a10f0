import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createPoster, ingestUrl } from '../../lib/agent/post';
import type { Labels } from '../../lib/model/labels';
import { ProgressBar } from '../progress';
import { emptyTotals, type UploadTotals, upload } from '../upload';
import { type Columns, readRows } from './rows';

const SAMPLES_PER_LINE = 1_000;
const LINES_PER_POST = 20;

export interface ImportOptions {
  file: string;
  columns: Columns;
  metric: string;
  type?: string;
  unit?: string;
  labels: Labels;
  url: string;
  key?: string;
  /** The file's newest sample is moved to this time and all others with it, epoch ms; null: times stay as they are. */
  alignEnd: number | null;
}

export interface ImportReport extends UploadTotals {
  /** Rows that are no samples, and what is wrong with the first of them. */
  badRows: number;
  firstProblem: string | null;
  /** Oldest time that was sent, epoch ms; null when nothing was. */
  oldest: number | null;
}

/**
 * Posts a CSV file's rows as samples of one series, oldest row first if the file is. Throws a sentence when it cannot.
 */
export async function importFile(options: ImportOptions): Promise<ImportReport> {
  const { file, columns, metric, type, unit, labels } = options;
  const { size } = await stat(file);
  const poster = createPoster(ingestUrl(options.url), { key: options.key });
  const shiftMs = options.alignEnd === null ? 0 : options.alignEnd - (await newestTimestamp(file, columns));
  const report: ImportReport = { ...emptyTotals(), badRows: 0, firstProblem: null, oldest: null };
  const bar = new ProgressBar();

  let lines: string[] = [];
  let inLines = 0;
  let samples: Array<{ name: string; value: number; timestamp: number; type?: string; unit?: string }> = [];
  const endLine = () => {
    if (samples.length > 0) lines.push(JSON.stringify({ labels, samples }));
    inLines += samples.length;
    samples = [];
  };
  const post = async (bytesRead: number) => {
    if (lines.length > 0) await upload(poster, lines, inLines, report);
    lines = [];
    inLines = 0;
    bar.show(bytesRead / size, `${report.accepted.toLocaleString('en-US')} samples stored`);
  };

  for await (const row of readRows(createReadStream(file), columns)) {
    if ('problem' in row) {
      report.badRows++;
      report.firstProblem ??= `row ${row.number}: ${row.problem}`;
      continue;
    }
    const timestamp = row.timestamp + shiftMs;
    report.oldest = Math.min(report.oldest ?? timestamp, timestamp);
    if (samples.push({ name: metric, value: row.value, timestamp, type, unit }) === SAMPLES_PER_LINE)
      endLine();
    if (lines.length === LINES_PER_POST) await post(row.bytesRead);
  }
  endLine();
  await post(size);
  bar.end();
  poster.close();
  return report;
}

async function newestTimestamp(file: string, columns: Columns): Promise<number> {
  let newest = Number.NEGATIVE_INFINITY;
  for await (const row of readRows(createReadStream(file), columns)) {
    if ('timestamp' in row && row.timestamp > newest) newest = row.timestamp;
  }
  if (newest === Number.NEGATIVE_INFINITY) throw new Error('The file holds no samples to align.');
  return newest;
}
