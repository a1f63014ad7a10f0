import { openHandler, refuseOtherMethods } from '@/lib/api/http';
import { health } from '@/lib/api/self/health';

export const dynamic = 'force-dynamic';
export const GET = openHandler(health);
export const { POST, PUT, PATCH, DELETE, OPTIONS } = refuseOtherMethods('GET');
