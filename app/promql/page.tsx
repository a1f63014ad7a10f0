import type { Metadata } from 'next';
import { MetricsCrumb } from '@/components/catalogue/metrics-crumb';
import { settledWithin } from '@/components/panels/settled-within';
import { PromqlExplorer } from '@/components/promql/promql-explorer';
import { examplesOf, MOST_LINES, readPromqlQuestion } from '@/components/promql/promql-state';
import { PageHeader } from '@/components/shell/page-header';
import { requireViewer } from '@/lib/api/page-viewer';
import { readBuilder, readPromql } from '@/lib/api/promql/page';
import type { Metric } from '@/lib/model/series';
import { AGGREGATIONS, SIGNATURES } from '@/lib/read/promql/syntax/signatures';
import { rootOfProcess } from '@/lib/system/process';

export const metadata: Metadata = { title: 'PromQL' };

/** An answer within this time is part of the page; a later one is streamed after it. */
const WORTH_WAITING_MS = 150;
const EXAMPLES = 3;
const FUNCTIONS = [...SIGNATURES.keys(), ...AGGREGATIONS];

export default async function PromqlPage({ searchParams }: PageProps<'/promql'>) {
  await requireViewer();
  const question = readPromqlQuestion(await searchParams);
  const answer = question.query === '' ? null : readPromql(question, MOST_LINES);
  return (
    <div className="flex flex-col gap-4">
      <PageHeader
        title={
          <>
            <MetricsCrumb />
            PromQL
          </>
        }
      />
      <PromqlExplorer
        question={question}
        initial={answer && ((await settledWithin(answer, WORTH_WAITING_MS)) ?? answer)}
        builder={readBuilder(question.query)}
        functions={FUNCTIONS}
        examples={answer ? [] : await readExamples()}
      />
    </div>
  );
}

async function readExamples(): Promise<string[]> {
  const { registry } = await rootOfProcess().system();
  const some: Metric[] = [];
  for (const metric of registry.metrics.values()) if (some.push(metric) === EXAMPLES) break;
  return examplesOf(some);
}
