import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { expect, it } from 'vitest';
import { createQueryStore } from '@/components/live/query-store';
import { PANEL_KINDS, type PanelDrawingProps } from '@/components/panels/panel-kinds';
import { formatValue, unitOf } from '@/lib/model/format';
import type { WholePoint } from '@/lib/model/points';

const NOW = 1_795_200_000_000;
const points: WholePoint[] = [
  [NOW - 2_000, 40],
  [NOW - 1_000, 41.5],
];

const drawing: PanelDrawingProps = {
  name: 'CPU',
  height: 120,
  panel: {
    snapshot: createQueryStore(
      { metric: 'cpu_usage_percent' },
      {
        metric: 'cpu_usage_percent',
        type: 'gauge',
        unit: '',
        aggregate: 'avg',
        step: 1_000,
        tier: 'ring',
        start: NOW - 60_000,
        end: NOW,
        cursor: NOW,
        series: [{ labels: {}, points }],
      },
    ).view.getSnapshot(),
    series: [{ key: '', name: 'CPU', color: 'red', points, band: false, aggregate: 'avg' }],
    unit: unitOf('cpu_usage_percent'),
    range: [NOW - 60_000, NOW],
    openFrom: NOW - 1_000,
    latestOf: (line) => line.points.at(-1),
    live: false,
    silentMs: null,
  },
};

/** A kind as somebody would add it: one component that speaks of nothing but what a panel gives it. */
function Figures({ name, panel: { series, unit, latestOf } }: PanelDrawingProps) {
  const texts = series.map((line) => formatValue(latestOf(line)?.[1] ?? Number.NaN, unit));
  return createElement('output', { 'aria-label': name }, texts.join(', '));
}

it('draws lines unless another kind is asked for, and any kind that has a row', () => {
  const kinds = { ...PANEL_KINDS, figures: Figures };
  expect(renderToStaticMarkup(createElement(kinds.figures, drawing))).toBe(
    '<output aria-label="CPU">41.5 %</output>',
  );
  expect(renderToStaticMarkup(createElement(kinds.lines, drawing))).toContain('<svg');
});
