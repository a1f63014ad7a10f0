import { handleLogout } from '@/lib/auth/login';
import { isSecure, originHeaders } from '@/lib/auth/request';
import { openHandler, refuseOtherMethods } from '@/lib/http';

export const dynamic = 'force-dynamic';

/** Forgets the session in this browser. */
export const POST = openHandler((request) => handleLogout(originHeaders(request), isSecure(request)));
export const { GET, PUT, PATCH, DELETE } = refuseOtherMethods('POST');
