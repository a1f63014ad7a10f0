import { webIngest } from '@/lib/api/ingest/web';

/**
 * Paths under `/api` that have no folder here: ingest endpoints, as their table says; any other is none of ours, and
 * says so in the error shape, too.
 */
const answer = webIngest();

export const dynamic = 'force-dynamic';
export { answer as DELETE, answer as GET, answer as OPTIONS, answer as PATCH, answer as POST, answer as PUT };
