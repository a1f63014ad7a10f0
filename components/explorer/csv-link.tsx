import { Download } from 'lucide-react';
import { apiHref } from '@/lib/model/links';
import { type Query, queryText } from '@/lib/model/wire/query';
import { Button } from '../ui/button';

/** Downloads the answer to the same query as CSV. */
export function CsvLink({ query: { metric, ...question } }: { query: Query }) {
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
