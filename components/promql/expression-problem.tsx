import type { PromqlPlace, PromqlProblem } from '@/lib/model/wire/promql';
import { CHART_HEIGHT } from '../explorer/explorer-chart';
import { PanelMessage } from '../panels/panel-message';
import { RetryButton } from '../panels/retry-button';

/** What is shown of an expression before and behind the place that a problem is about. */
const AROUND = 60;

/** Why there is no chart, with the place in the expression. */
export function ExpressionProblem({ query, problem }: { query: string; problem: PromqlProblem }) {
  const { message, place } = problem;
  return (
    <div role="alert">
      <PanelMessage title={message} height={CHART_HEIGHT}>
        {place ? <Excerpt query={query} place={place} /> : <RetryButton />}
      </PanelMessage>
    </div>
  );
}

function Excerpt({ query, place: { from, to } }: { query: string; place: PromqlPlace }) {
  const start = Math.max(0, from - AROUND);
  const end = Math.min(query.length, to + AROUND);
  const marked = query.slice(from, Math.max(to, from + 1));
  return (
    <code className="block rounded-md bg-sunken px-3 py-2 text-left font-mono text-sm break-words whitespace-pre-wrap text-ink-2">
      {start > 0 && '…'}
      {query.slice(start, from)}
      <mark className="rounded-xs bg-bad-soft px-0.5 text-bad underline decoration-wavy decoration-1 underline-offset-4">
        {marked.trim() === '' ? '\u00a0' : marked}
      </mark>
      {query.slice(Math.max(to, from + 1), end)}
      {end < query.length && '…'}
    </code>
  );
}
