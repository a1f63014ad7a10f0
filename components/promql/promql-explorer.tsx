'use client';

import { Play } from 'lucide-react';
import type { Route } from 'next';
import { useRouter } from 'next/navigation';
import { Suspense, use, useState } from 'react';
import { metricHref } from '@/lib/model/links';
import { parseTime } from '@/lib/model/time/parse-time';
import type { PromqlAnswer, PromqlBuilder, PromqlQuestion } from '@/lib/model/wire/promql';
import { CHART_HEIGHT } from '../explorer/explorer-chart';
import { DEFAULT_RANGE } from '../explorer/explorer-state';
import { RangePicker } from '../explorer/range-picker';
import { feedOfTab } from '../live/feed';
import { PanelMessage } from '../panels/panel-message';
import { rangeChanges, readRange } from '../panels/time-range';
import { useUrlState } from '../shell/use-url-state';
import { Button } from '../ui/button';
import { Link } from '../ui/link';
import { Select } from '../ui/select';
import { Skeleton } from '../ui/skeleton';
import { ExpressionField } from './expression-field';
import { ExpressionProblem } from './expression-problem';
import { ModeSwitch } from './mode-switch';
import { PromqlChart, type PromqlChartProps } from './promql-chart';
import { PROMQL_STEPS, promqlHref } from './promql-state';

export interface PromqlExplorerProps {
  question: PromqlQuestion;
  /** Null where nothing is asked yet. */
  initial: PromqlAnswer | Promise<PromqlAnswer> | null;
  builder: PromqlBuilder | null;
  /** Functions and aggregations that can be asked for. */
  functions: readonly string[];
  /** Expressions of metrics that there are. */
  examples: readonly string[];
}

const serverNow = () => feedOfTab().clock.now();

/** An expression and what it comes to. It goes into the URL, and the server answers. */
export function PromqlExplorer({ question, initial, builder, functions, examples }: PromqlExplorerProps) {
  const url = useUrlState();
  const router = useRouter();
  const changes = rangeChanges(url, DEFAULT_RANGE, serverNow);
  const { query } = question;
  const [draft, setDraft] = useState({ of: query, text: query });
  // Another address: what was typed belongs to the one before.
  if (draft.of !== query) setDraft({ of: query, text: query });
  const step = url.params.get('step') ?? 'auto';
  const range = () => {
    const now = serverNow();
    return [parseTime(question.start, now) ?? now, parseTime(question.end, now) ?? now] as const;
  };
  const run = () => {
    const text = draft.text.trim();
    if (text === query) router.refresh();
    else url.push({ query: text });
  };
  const settled = initial && 'then' in initial ? null : initial;
  const shown = {
    question,
    view: url.params.get('view') === 'table' ? 'table' : 'chart',
    url,
    changes,
  } as const;
  return (
    <div className="flex flex-col gap-3">
      <RangePicker choice={readRange(url, DEFAULT_RANGE)} changes={changes} range={range} />
      <form
        action="/promql"
        className="flex flex-wrap items-start gap-1.5"
        onSubmit={(event) => {
          event.preventDefault();
          run();
        }}
      >
        <ModeSwitch mode="promql" builder={builderHref(builder, question)} promql={url.href({})} />
        <ExpressionField
          text={draft.text}
          query={query}
          functions={functions}
          problem={settled?.kind === 'problem' ? settled : null}
          onChange={(text) => setDraft({ of: query, text })}
          onRun={run}
        />
        {/* Without scripts the form keeps the rest of the address, too. */}
        {(['start', 'end', 'step', 'view'] as const).map((name) => {
          const value = url.params.get(name);
          return value && <input key={name} type="hidden" name={name} value={value} />;
        })}
        <Button look="primary" type="submit" disabled={draft.text.trim() === ''}>
          <Play aria-hidden /> Run
        </Button>
        <Select
          label="Step"
          showLabel
          value={step}
          options={
            PROMQL_STEPS.some(({ value }) => value === step)
              ? PROMQL_STEPS
              : [{ value: step, label: step }, ...PROMQL_STEPS]
          }
          onValueChange={(next) => url.push({ step: next === 'auto' ? null : next })}
        />
      </form>
      <section aria-label="Chart" className="rounded-lg border bg-surface p-3">
        {initial === null ? (
          <NothingAsked examples={examples} />
        ) : 'then' in initial ? (
          <Suspense fallback={<Skeleton style={{ height: CHART_HEIGHT + 100 }} />}>
            <Answer initial={initial} {...shown} />
          </Suspense>
        ) : (
          // Without a Suspense boundary the server sends it in place, so that it is visible without scripts.
          <Answer initial={initial} {...shown} />
        )}
      </section>
    </div>
  );
}

type AnswerProps = Omit<PromqlChartProps, 'answer'> & { initial: PromqlAnswer | Promise<PromqlAnswer> };

function Answer({ initial, ...rest }: AnswerProps) {
  const answer = 'then' in initial ? use(initial) : initial;
  const { question } = rest;
  switch (answer.kind) {
    case 'problem':
      return <ExpressionProblem query={question.query} problem={answer} />;
    case 'text':
      return (
        <PanelMessage title="The expression is a text" height={CHART_HEIGHT}>
          <code className="font-mono break-words text-ink">{answer.text}</code>
        </PanelMessage>
      );
    case 'series':
      // Another question is another chart: nothing of the one before is merged into it.
      return <PromqlChart key={JSON.stringify(question)} answer={answer} {...rest} />;
  }
}

function NothingAsked({ examples }: { examples: readonly string[] }) {
  return (
    <PanelMessage title="Type an expression, and press Enter" height={CHART_HEIGHT}>
      {examples.length > 0 && (
        <>
          <p className="pb-2">Or begin with one of these:</p>
          <ul className="flex flex-col items-center gap-1.5">
            {examples.map((example) => (
              <li key={example} className="max-w-full">
                <Link
                  href={promqlHref(example)}
                  className="block max-w-full truncate rounded-md bg-sunken px-2.5 py-1 font-mono text-sm text-ink-2 hover:bg-accent-soft hover:text-accent"
                >
                  {example}
                </Link>
              </li>
            ))}
          </ul>
        </>
      )}
    </PanelMessage>
  );
}

/** The controls for the expression's first metric, as far as they can ask the same; the list of metrics without one. */
function builderHref(builder: PromqlBuilder | null, { start, end }: PromqlQuestion): Route {
  if (!builder) return '/metrics' as Route;
  const { metric, match, by } = builder;
  return metricHref(metric, {
    match,
    by,
    start: start === `now-${DEFAULT_RANGE}` ? undefined : start,
    end: end === 'now' ? undefined : end,
  });
}
