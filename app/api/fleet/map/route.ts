import { fleetMap } from '@/lib/api/fleet';
import { refuseOtherMethods, webHandler } from '@/lib/api/http';

export const dynamic = 'force-dynamic';

/** Every host as one cell: name, status, one figure. */
export const GET = webHandler(({ url }, work) => fleetMap(new URL(url).searchParams, work));
export const { POST, PUT, PATCH, DELETE, OPTIONS } = refuseOtherMethods('GET');
