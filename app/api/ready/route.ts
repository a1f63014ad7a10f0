import { openHandler, refuseOtherMethods } from '@/lib/http';
import { ready } from '@/lib/self/health';

export const dynamic = 'force-dynamic';
export const GET = openHandler(ready);
export const { POST, PUT, PATCH, DELETE, OPTIONS } = refuseOtherMethods('GET');
