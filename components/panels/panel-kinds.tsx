import type { ComponentType } from 'react';
import { TimeSeriesChart } from '../charts/time-series-chart';
import type { Panel } from './use-panel';

/** The props of a panel's drawing: the points of its query as they change, and the reader's actions. */
export interface PanelDrawingProps {
  /** What is shown, in words. */
  name: string;
  panel: Omit<Panel, 'box'>;
  /** Height in px: that of the skeleton, too. */
  height: number;
  /** Shows exactly this, epoch ms; undefined where the page has no range of its own. */
  onZoom?: (start: number, end: number) => void;
  onZoomOut?: () => void;
}

/** How panels are drawn. To add a kind: its component, and a row here. */
export const PANEL_KINDS = { lines: Lines } as const satisfies Record<
  string,
  ComponentType<PanelDrawingProps>
>;
export type PanelKind = keyof typeof PANEL_KINDS;

function Lines({ name, panel, height, onZoom, onZoomOut }: PanelDrawingProps) {
  const { series, range, snapshot, openFrom, unit } = panel;
  return (
    <TimeSeriesChart
      label={name}
      series={series}
      range={range}
      step={snapshot.step}
      openFrom={openFrom}
      unit={unit}
      height={height}
      onZoom={onZoom}
      onZoomOut={onZoomOut}
    />
  );
}
