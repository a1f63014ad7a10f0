import type { HostMetric } from '@/lib/model/fleet/answers';
import { hostPanel, type PanelRange } from '@/lib/model/fleet/panels';
import { inSections } from '@/lib/model/fleet/sections';
import type { QueryResult } from '@/lib/model/wire/history';
import { type Query, queryText } from '@/lib/model/wire/query';
import { LazyPanel } from './lazy-panel';
import { SpecPanel } from './spec-panel';

/** Panels of about one screen come with the page, the others when they are scrolled to. */
const WITH_THE_PAGE = 12;
const PANEL_HEIGHT = 150;
const GRID = 'grid gap-3 md:grid-cols-2 xl:grid-cols-3 2xl:grid-cols-4';

/** Up to this many panels are shown without sections. */
const WITHOUT_SECTIONS = 12;

export interface HostSectionsProps {
  host: string;
  metrics: readonly HostMetric[];
  range: PanelRange;
  parts: boolean;
  ask(query: Query): Promise<QueryResult>;
}

/** All metrics of a host in sections. A server component: it starts the queries and awaits none. */
export function HostSections({ host, metrics, range, parts, ask }: HostSectionsProps) {
  const sections = inSections(metrics);
  const inOrder = sections.flatMap(({ metrics: ofSection }) => ofSection);
  const withThePage = new Set(inOrder.slice(0, WITH_THE_PAGE));

  function panel(metric: HostMetric) {
    const spec = hostPanel(host, metric, range, parts);
    // The key is the query: a panel of another query must not keep the points of this one.
    const key = queryText(spec.query);
    if (!withThePage.has(metric)) return <LazyPanel key={key} spec={spec} height={PANEL_HEIGHT} zoomable />;
    return <SpecPanel key={key} spec={spec} answer={ask(spec.query)} height={PANEL_HEIGHT} zoomable />;
  }

  if (inOrder.length <= WITHOUT_SECTIONS) return <div className={GRID}>{inOrder.map(panel)}</div>;
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
          <div className={GRID}>{ofSection.map(panel)}</div>
        </section>
      ))}
    </>
  );
}
