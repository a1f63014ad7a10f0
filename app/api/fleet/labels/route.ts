import { fleetLabels } from '@/lib/api/fleet';
import { refuseOtherMethods, webHandler } from '@/lib/api/http';

export const dynamic = 'force-dynamic';

/** Labels the hosts can be filtered by, with the number of hosts per value. */
export const GET = webHandler((_request, work) => fleetLabels(work));
export const { POST, PUT, PATCH, DELETE, OPTIONS } = refuseOtherMethods('GET');
