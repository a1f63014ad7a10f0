import type { Route } from 'next';
import type { HostMetric } from '@/lib/fleet/answers';
import { hostPanel, type PanelRange } from '@/lib/fleet/panels';
import { inSections } from '@/lib/fleet/sections';
import { type PanelQuery, type PanelResult, queryText } from '@/lib/live/wire';
import { MetricPanel } from '../panels/metric-panel';
import { LazyPanel } from './lazy-panel';

/** The screen a page opens with, and a bit: these come with the page, the others when they are scrolled to. */
const WITH_THE_PAGE = 12;
const PANEL_HEIGHT = 150;

export interface HostSectionsProps {
  host: string;
  metrics: readonly HostMetric[];
  range: PanelRange;
  parts: boolean;
  ask(query: PanelQuery): Promise<PanelResult>;
}

/** All metrics of a host in chapters. A server component: it starts the questions and waits for none. */
export function HostSections({ host, metrics, range, parts, ask }: HostSectionsProps) {
  const sections = inSections(metrics);
  const withThePage = new Set(
    sections
      .flatMap(({ metrics: ofSection }) => ofSection)
      .slice(0, WITH_THE_PAGE)
      .map(({ name }) => name),
  );
  return (
    <>
      <nav aria-label="Sections" className="flex flex-wrap gap-1 text-xs">
        {sections.map(({ key, title, metrics: ofSection }) => (
          <a
            key={key}
            href={`#${key}`}
            className="rounded-md border bg-surface px-2 py-1 font-medium text-ink-2 hover:bg-sunken hover:text-ink"
          >
            {title} <span className="font-normal text-ink-3">{ofSection.length}</span>
          </a>
        ))}
      </nav>
      {sections.map(({ key, title, metrics: ofSection }) => (
        <section key={key} id={key} aria-labelledby={`${key}-title`} className="scroll-mt-16">
          <h2 id={`${key}-title`} className="mt-2 mb-2 text-sm font-semibold">
            {title}
          </h2>
          <div className="grid gap-3 md:grid-cols-2 xl:grid-cols-3 2xl:grid-cols-4">
            {ofSection.map((metric) => {
              const spec = hostPanel(host, metric, range, parts);
              // Another question is another panel: it must not keep the points of the one before.
              const question = queryText(spec.query);
              return withThePage.has(metric.name) ? (
                <MetricPanel
                  key={question}
                  title={spec.title}
                  query={spec.query}
                  unit={spec.unit}
                  initial={ask(spec.query)}
                  href={spec.href as Route}
                  height={PANEL_HEIGHT}
                  compact
                  zoomable
                />
              ) : (
                <LazyPanel key={question} spec={spec} height={PANEL_HEIGHT} zoomable />
              );
            })}
          </div>
        </section>
      ))}
    </>
  );
}
