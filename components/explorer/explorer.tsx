'use client';

import { Suspense, use } from 'react';
import { eventsHref } from '@/lib/model/links';
import { formatSelector } from '@/lib/model/selector';
import type { MetricType } from '@/lib/model/series';
import { parseTime } from '@/lib/model/time/parse-time';
import type { QueryResult } from '@/lib/model/wire/history';
import { isErrorAnswer, type Query } from '@/lib/model/wire/query';
import { feedOfTab } from '../live/feed';
import { PanelMessage } from '../panels/panel-message';
import { RetryButton } from '../panels/retry-button';
import { rangeChanges, readRange } from '../panels/time-range';
import { ModeSwitch } from '../promql/mode-switch';
import { promqlHref, promqlOf } from '../promql/promql-state';
import { useUrlState } from '../shell/use-url-state';
import { Button } from '../ui/button';
import { Link } from '../ui/link';
import { Select } from '../ui/select';
import { Skeleton } from '../ui/skeleton';
import {
  type AggregateChoice,
  acrossOptions,
  aggregateOf,
  readChoice,
  WITHIN_OPTIONS,
  withinChosen,
} from './aggregates';
import { eventsOf } from './events-of';
import { CHART_HEIGHT, ExplorerChart, type ExplorerChartProps } from './explorer-chart';
import {
  ALL_GROUPS,
  COMPARE_OPTIONS,
  comparedWith,
  DEFAULT_RANGE,
  defaultAggregate,
  matchersOf,
  paramsOfComparison,
  paramsOfShown,
  paramsOfStep,
  RANK_OPTIONS,
  readExplorerState,
  SHOWN_OPTIONS,
  STEP_OPTIONS,
  shownOf,
} from './explorer-state';
import { Filters } from './filters';
import { FurtherParameters } from './further-parameters';
import { GroupBy } from './group-by';
import { RangePicker } from './range-picker';

export interface ExplorerProps {
  metric: string;
  type: MetricType;
  unit: string;
  /** Label names of the metric's series. */
  labels: readonly string[];
  /** The query of the URL, and its answer. */
  query: Query;
  initial: QueryResult | Promise<QueryResult>;
}

const serverNow = () => feedOfTab().clock.now();

/** One metric with controls for its query. Every choice goes into the URL, and the server answers. */
export function Explorer({ metric, type, unit, labels, query, initial }: ExplorerProps) {
  const url = useUrlState();
  const changes = rangeChanges(url, DEFAULT_RANGE, serverNow);
  // The controls show what was chosen at once; the chart follows with the server's answer.
  const state = readExplorerState(metric, type, Object.fromEntries(url.params));
  const { push } = url;
  const choice = readChoice(state.aggregate);
  const choose = (next: AggregateChoice) => {
    const aggregate = aggregateOf(next);
    push({ aggregate: aggregate === defaultAggregate(type) ? null : aggregate });
  };
  const shown = shownOf(state);
  const compared = comparedWith(state);
  const matchers = matchersOf(state.match) ?? [];
  const range = () => {
    const now = serverNow();
    return [parseTime(state.start, now) ?? now, parseTime(state.end, now) ?? now] as const;
  };
  const answer = { query, unit, view: state.view, url, changes };
  return (
    <div className="flex flex-col gap-3">
      <RangePicker choice={readRange(url, DEFAULT_RANGE)} changes={changes} range={range} />
      <div className="flex flex-wrap items-center gap-1.5">
        <ModeSwitch
          mode="builder"
          builder={url.href({})}
          promql={promqlHref(promqlOf(state), {
            start: url.params.get('start') ?? undefined,
            end: url.params.get('end') ?? undefined,
          })}
        />
        <Select
          label="Aggregate"
          value={choice.within}
          options={withCurrent(WITHIN_OPTIONS, choice.within)}
          onValueChange={(within) => choose(withinChosen(choice, within))}
        />
        <Select
          label="Across series"
          value={choice.across}
          options={withCurrent(acrossOptions(choice.within), choice.across)}
          onValueChange={(across) => choose({ ...choice, across })}
        />
        <GroupBy labels={labels} chosen={state.by} onChange={(by) => push({ by: by.join() })} />
        {state.by.length > 0 && (
          <Select
            label="Show"
            showLabel
            value={shown}
            options={withCurrent(SHOWN_OPTIONS, shown)}
            onValueChange={(next) => push(paramsOfShown(next))}
          />
        )}
        {state.by.length > 0 && shown !== ALL_GROUPS && (
          <Select
            label="by"
            showLabel
            value={state.rank}
            options={withCurrent(RANK_OPTIONS, state.rank)}
            onValueChange={(rank) => push({ rank: rank === 'latest' ? null : rank })}
          />
        )}
        <Select
          label="Step"
          showLabel
          value={state.step}
          options={withCurrent(STEP_OPTIONS, state.step)}
          onValueChange={(step) => push(paramsOfStep(step, Intl.DateTimeFormat().resolvedOptions().timeZone))}
        />
        {compared !== null && (
          <Select
            label="Compare with"
            showLabel
            value={compared}
            options={withCurrent(COMPARE_OPTIONS, compared)}
            onValueChange={(before) => push(paramsOfComparison(before))}
          />
        )}
        <Filters
          metric={metric}
          labels={labels}
          matchers={matchers}
          onChange={(next) => push({ match: formatSelector(next) })}
        />
        <Button asChild look="ghost">
          <Link href={eventsHref(eventsOf(state, matchers))}>Events then</Link>
        </Button>
        <FurtherParameters further={state.further} onRemove={(name) => push({ [name]: null })} />
      </div>
      <section aria-label="Chart" className="rounded-lg border bg-surface p-3">
        {'then' in initial ? (
          <Suspense fallback={<Skeleton style={{ height: CHART_HEIGHT + 100 }} />}>
            <Answer initial={initial} {...answer} />
          </Suspense>
        ) : (
          // Without a Suspense boundary the server sends it in place, so that it is visible without scripts.
          <Answer initial={initial} {...answer} />
        )}
      </section>
    </div>
  );
}

function Answer({ initial, ...rest }: Pick<ExplorerProps, 'initial'> & Omit<ExplorerChartProps, 'answer'>) {
  const result = 'then' in initial ? use(initial) : initial;
  if (!isErrorAnswer(result)) return <ExplorerChart answer={result} {...rest} />;
  return (
    <PanelMessage title={result.error.message} height={CHART_HEIGHT}>
      <RetryButton />
    </PanelMessage>
  );
}

/** Options with the current value, which may come from the URL and not be one of them. */
function withCurrent<O extends { value: string; label: string }>(options: readonly O[], value: string) {
  return options.some((option) => option.value === value) ? options : [{ value, label: value }, ...options];
}
