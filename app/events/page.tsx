import type { Metadata } from 'next';
import { EventsProblem } from '@/components/events/events-problem';
import { EventsView } from '@/components/events/events-view';
import { requireViewer } from '@/lib/api/page-viewer';
import { isPulseError } from '@/lib/model/errors';
import { eventListParams, listEvents } from '@/lib/read/events';
import { readParameters } from '@/lib/read/query/parameters';
import { rootOfProcess } from '@/lib/system/process';

export const metadata: Metadata = { title: 'Events' };

export default async function EventsPage({ searchParams }: PageProps<'/events'>) {
  await requireViewer();
  const given = await searchParams;
  const { eventLog } = await rootOfProcess().system();
  try {
    const params = readParameters(eventListParams, given);
    const now = Date.now();
    return <EventsView initial={await listEvents(eventLog, params, now)} />;
  } catch (error) {
    if (!isPulseError(error)) throw error;
    return <EventsProblem message={error.message} isOfAddress={error.code === 'bad_parameter'} />;
  }
}
