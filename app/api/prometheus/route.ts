import { authorizeScraper } from '@/lib/access/auth/scraper';
import { openHandler, refuseOtherMethods, viewerHeaders } from '@/lib/api/http';
import { collectFamilies } from '@/lib/api/self/collect';
import { EXPOSITION_CONTENT_TYPE, exposition } from '@/lib/observe/exposition';
import { rootOfProcess } from '@/lib/system/process';

export const dynamic = 'force-dynamic';

/** `GET /metrics` for clients that do not ask for a page (see `lib/server/route-access.ts`). */
export const GET = openHandler((request) => {
  const root = rootOfProcess();
  authorizeScraper(root.auth, viewerHeaders(request));
  return {
    status: 200,
    headers: { 'content-type': EXPOSITION_CONTENT_TYPE, 'cache-control': 'no-store' },
    body: exposition(collectFamilies(root)),
  };
});
export const { POST, PUT, PATCH, DELETE, OPTIONS } = refuseOtherMethods('GET');
