import { refuseOtherMethods, webHandler } from '@/lib/http';
import { collectFamilies } from '@/lib/self/collect';
import { EXPOSITION_CONTENT_TYPE, exposition } from '@/lib/self/exposition';

export const dynamic = 'force-dynamic';

/** `GET /metrics` for everyone who does not ask for HTML (see `next.config.ts`). */
export const GET = webHandler(() => ({
  status: 200,
  headers: { 'content-type': EXPOSITION_CONTENT_TYPE, 'cache-control': 'no-store' },
  body: exposition(collectFamilies()),
}));
export const { POST, PUT, PATCH, DELETE } = refuseOtherMethods('GET');
