import { openHandler, refuseOtherMethods } from '@/lib/http';
import { health } from '@/lib/self/health';

export const dynamic = 'force-dynamic';
export const GET = openHandler(health);
export const { POST, PUT, PATCH, DELETE, OPTIONS } = refuseOtherMethods('GET');
