import { hostsPage } from '@/lib/api/fleet';
import { refuseOtherMethods, webHandler } from '@/lib/api/http';

export const dynamic = 'force-dynamic';

/** A page of the list of hosts, searched, filtered and sorted. */
export const GET = webHandler(({ url }, work) => hostsPage(new URL(url).searchParams, work));
export const { POST, PUT, PATCH, DELETE, OPTIONS } = refuseOtherMethods('GET');
