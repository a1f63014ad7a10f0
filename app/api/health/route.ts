import { openHandler, refuseOtherMethods } from '@/lib/api/http';
import { health } from '@/lib/api/self/health';
import { rootOfProcess } from '@/lib/system/process';

export const dynamic = 'force-dynamic';
export const GET = openHandler(() => health(rootOfProcess()));
export const { POST, PUT, PATCH, DELETE, OPTIONS } = refuseOtherMethods('GET');
