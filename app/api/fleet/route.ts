import { fleetSummary } from '@/lib/api/fleet';
import { refuseOtherMethods, webHandler } from '@/lib/api/http';

export const dynamic = 'force-dynamic';

/** The summary of the fleet: hosts by status, rates, the busiest, the quietest and the silent hosts. */
export const GET = webHandler(({ url }, work) => fleetSummary(new URL(url).searchParams, work));
export const { POST, PUT, PATCH, DELETE, OPTIONS } = refuseOtherMethods('GET');
