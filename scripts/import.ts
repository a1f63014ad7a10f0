import { parseArgs } from 'node:util';
import { LIMITS } from '../lib/model/limits';
import { METRIC_NAME } from '../lib/model/series';
import { DAY } from '../lib/model/time/duration';
import { failWith, readLabels } from './arguments';
import { type ImportReport, importFile } from './import/load';
import { parseTimestamp } from './import/rows';

const USAGE = `Loads history from a CSV file with a header into one series.

npm run import -- FILE.csv --metric NAME [options]
  --metric NAME              the metric's name
  --label k=v                a label of the series; may be given several times
  --type gauge               gauge or counter
  --unit percent             the metric's unit
  --timestamp-column NAME    the column of times (timestamp): ISO 8601, UTC where no zone is given, or epoch seconds or ms
  --value-column NAME        the column of values (value)
  --align-end now            move all times so that the newest is now (or a time of your choice)
  --url URL                  the server (http://127.0.0.1:3000)
  --key KEY                  the server's ingest key; better in the variable PULSEBOARD_KEY, which no process list shows`;

function readOptions() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      metric: { type: 'string', default: '' },
      label: { type: 'string', multiple: true, default: [] },
      type: { type: 'string' },
      unit: { type: 'string' },
      'timestamp-column': { type: 'string', default: 'timestamp' },
      'value-column': { type: 'string', default: 'value' },
      'align-end': { type: 'string' },
      url: { type: 'string', default: 'http://127.0.0.1:3000' },
      key: { type: 'string', default: process.env.PULSEBOARD_KEY },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return null;
  const [file, ...more] = positionals;
  if (!file || more.length > 0) throw new Error(`Name one file to import.\n\n${USAGE}`);
  if (!METRIC_NAME.test(values.metric) || values.metric.length > LIMITS.metricNameLength) {
    throw new Error('--metric should be a metric name such as cpu_usage_percent');
  }
  return {
    file,
    columns: { timestamp: values['timestamp-column'], value: values['value-column'] },
    metric: values.metric,
    type: values.type,
    unit: values.unit,
    labels: readLabels(values.label),
    url: values.url,
    key: values.key || undefined,
    alignEnd: values['align-end'] === undefined ? null : readMoment(values['align-end']),
  };
}

function readMoment(text: string): number {
  const moment = text === 'now' ? Date.now() : parseTimestamp(text);
  if (moment === null)
    throw new Error(`--align-end ${text} should be now or a time such as 2026-05-01T12:00:00Z`);
  return moment;
}

async function main(): Promise<void> {
  const options = readOptions();
  if (!options) {
    console.log(USAGE);
    return;
  }
  const report = await importFile(options);
  for (const line of describe(report, Date.now())) console.log(line);
  if (report.accepted === 0) process.exitCode = 1;
}

/** What became of the file, in sentences. */
function describe(report: ImportReport, now: number): string[] {
  const { accepted, duplicates, rejected, badRows, firstProblem, reasons, oldest } = report;
  const lines = [
    `${accepted} samples accepted (${duplicates} of them were there already), ${rejected} rejected.`,
  ];
  if (badRows > 0) lines.push(`${badRows} rows are no samples; ${firstProblem}.`);
  for (const [code, message] of reasons) lines.push(`  ${code}: ${message}`);
  if (reasons.has('too_old') && oldest !== null) {
    const days = Math.ceil((now - oldest) / DAY) + 1;
    lines.push(
      `To load all of it, start the server with RETENTION_RAW=${days}d, or move it to the present with --align-end now.`,
    );
  }
  return lines;
}

main().catch((error) => failWith(error, USAGE));
