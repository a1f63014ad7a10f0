import { selectMatching, simpleTest, tryExpression } from '../../memory/catalogue/matchers';
import type { Registry } from '../../memory/catalogue/registry';
import type { Matcher } from '../../model/labels';
import { NAME_LABEL } from '../../model/selector';
import type { Metric, Series } from '../../model/series';
import type { MatchingWork, PausableWork, ReadingWork } from '../../runtime/work/work';
import type { ColumnReader, SeriesColumn } from '../../store/store';
import { executionError, PromqlError } from './errors';
import type { Captures, SampleSource } from './evaluate/context';
import { tooManySamples } from './evaluate/evaluate';
import { sortByLabels } from './evaluate/many';
import type { SampleSeries } from './evaluate/series';

/** Samples that one query may have in memory, at 16 bytes each. */
export const MOST_SAMPLES = 5_000_000;
/** Series that one selector may match. */
const MOST_SERIES = 100_000;
/** Metrics that are read at a time. */
const AT_A_TIME = 4;
/** Times outside of this are nobody's, and the database does not know all of them. */
const EARLIEST = 0;
const LATEST = Date.UTC(9999, 11, 31);

export interface SourceParts {
  registry: Pick<Registry, 'metrics' | 'seriesById' | 'candidates'>;
  columns: ColumnReader;
  work: MatchingWork & ReadingWork;
  mostSamples?: number;
}

/** The samples that are stored, for one query: what it selects twice is read once. */
export class StoredSamples implements SampleSource {
  private readonly selected = new Map<string, Promise<SampleSeries[]>>();
  private left: number;

  constructor(private readonly parts: SourceParts) {
    this.left = parts.mostSamples ?? MOST_SAMPLES;
  }

  select(matchers: readonly Matcher[], after: number, until: number): Promise<SampleSeries[]> {
    const start = Math.max(EARLIEST, after + 1);
    const end = Math.min(LATEST, until + 1);
    const key = JSON.stringify([matchers, start, end]);
    const known = this.selected.get(key);
    if (known) return known;
    const selected = this.read(matchers, start, end);
    this.selected.set(key, selected);
    return selected;
  }

  async capture(expression: string, texts: readonly string[]): Promise<Captures[]> {
    const captures: Captures[] = [];
    const tried = tryExpression('label_replace', expression, texts, this.parts.work, { wantsGroups: true });
    for await (const { groups } of tried) captures.push(...groups);
    return captures;
  }

  private async read(matchers: readonly Matcher[], start: number, end: number): Promise<SampleSeries[]> {
    const byMetric = new Map<Metric, Series[]>();
    const { registry, work } = this.parts;
    for (const series of await selectSeries(matchers, registry, work)) {
      if (work.isDue('read')) await work.pause();
      const others = byMetric.get(series.metric);
      if (others) others.push(series);
      else byMetric.set(series.metric, [series]);
    }
    if (start >= end) return [];
    const found: SampleSeries[] = [];
    const waiting = [...byMetric];
    const readOn = async () => {
      for (let next = waiting.pop(); next; next = waiting.pop())
        for (const series of await this.readMetric(...next, start, end)) found.push(series);
    };
    await Promise.all(Array.from({ length: AT_A_TIME }, readOn));
    return sortByLabels(found, work, 'read');
  }

  private async readMetric(
    metric: Metric,
    series: readonly Series[],
    start: number,
    end: number,
  ): Promise<SampleSeries[]> {
    const { columns, work } = this.parts;
    const seriesIds = series.map(({ id }) => id);
    const pieces = new Map<number, SeriesColumn[]>();
    const { signal, dueAt } = work;
    const question = { metricId: metric.id, seriesIds, start, end, most: this.left };
    for await (const page of columns.readColumns(question, { signal, dueAt })) {
      for (const column of page) {
        if (work.isDue('read')) await work.pause();
        this.left -= column.values.length;
        const own = pieces.get(column.seriesId);
        if (own) own.push(column);
        else pieces.set(column.seriesId, [column]);
      }
      if (this.left < 0) throw tooManySamples();
    }
    const found: SampleSeries[] = [];
    for (const { id, labels } of series) {
      if (work.isDue('read')) await work.pause();
      const own = pieces.get(id);
      if (own)
        found.push({
          labels: { ...labels, [NAME_LABEL]: metric.name },
          timestamps: await joined(
            own.map(({ timestamps }) => timestamps),
            work,
          ),
          values: await joined(
            own.map(({ values }) => values),
            work,
          ),
        });
    }
    return found;
  }
}

async function joined(pieces: readonly Float64Array[], work: PausableWork): Promise<Float64Array> {
  if (pieces.length === 1) return pieces[0];
  const whole = new Float64Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    if (work.isDue('read')) await work.pause();
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/**
 * The series that all matchers match.
 * @throws PromqlError `bad_data` for matchers that exclude nothing; `execution` for too many series
 */
export async function selectSeries(
  matchers: readonly Matcher[],
  registry: SourceParts['registry'],
  work: MatchingWork,
): Promise<Series[]> {
  await requireSelective(matchers, work);
  const name = matchers.find(({ label, operator }) => label === NAME_LABEL && operator === '=');
  const candidates = () => {
    if (!name) return registry.seriesById.values();
    const metric = registry.metrics.get(name.value);
    return metric ? registry.candidates(metric, matchers, work) : [];
  };
  const found: Series[] = [];
  for await (const some of selectMatching(await candidates(), matchers, work)) {
    found.push(...some);
    if (found.length > MOST_SERIES)
      throw executionError(`query would select more than ${MOST_SERIES} series with one selector`);
  }
  return found;
}

/** As Prometheus, refuses to select everything, which nobody wants but by mistake. */
async function requireSelective(matchers: readonly Matcher[], work: MatchingWork): Promise<void> {
  for (const matcher of matchers) {
    const holds = simpleTest([matcher]);
    if (holds) {
      if (!holds({ labels: {} })) return;
      continue;
    }
    for await (const { verdicts } of tryExpression(matcher.label, matcher.value, [''], work))
      if (verdicts[0] !== (matcher.operator === '=~')) return;
  }
  throw new PromqlError(
    'bad_data',
    '1:1: parse error: vector selector must contain at least one non-empty matcher',
  );
}
