import { Download } from 'lucide-react';
import { type PanelQuery, queryText } from '@/lib/live/wire';
import { apiHref } from '@/lib/model/links';
import { Button } from '../ui/button';

/** The same question to the API, as a file. */
export function CsvLink({ query: { metric, ...question } }: { query: PanelQuery }) {
  const parameters = Object.fromEntries(new URLSearchParams(queryText({ metric: '', ...question })));
  return (
    <Button asChild size="sm">
      <a href={apiHref(metric, { ...parameters, format: 'csv' })} download>
        <Download aria-hidden />
        CSV
      </a>
    </Button>
  );
}
