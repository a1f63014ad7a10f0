import { openHandler, refuseOtherMethods } from '@/lib/api/http';
import { ready } from '@/lib/api/self/health';

export const dynamic = 'force-dynamic';
export const GET = openHandler(ready);
export const { POST, PUT, PATCH, DELETE, OPTIONS } = refuseOtherMethods('GET');
