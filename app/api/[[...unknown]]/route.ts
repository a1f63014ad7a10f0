import { webIngest } from '@/lib/api/ingest/web';

/**
 * Paths under `/api` without a folder here: ingest endpoints of the table; any other path is answered with `not_found`.
 */
const answer = webIngest();

export const dynamic = 'force-dynamic';
export { answer as DELETE, answer as GET, answer as OPTIONS, answer as PATCH, answer as POST, answer as PUT };
