import { authorizeViewer } from '@/lib/auth/viewer';
import { env } from '@/lib/env';
import { openHandler, refuseOtherMethods, viewerHeaders } from '@/lib/http';
import { authorizeSender } from '@/lib/ingest/keys';
import { collectFamilies } from '@/lib/self/collect';
import { EXPOSITION_CONTENT_TYPE, exposition } from '@/lib/self/exposition';

export const dynamic = 'force-dynamic';

/** `GET /metrics` for everyone who does not ask for HTML (see `next.config.ts`). */
export const GET = openHandler((request) => {
  // A scraper has a key rather than a session.
  const authorization = request.headers.get('authorization') ?? undefined;
  if (env().INGEST_KEYS.length > 0 && authorization?.startsWith('Bearer ')) authorizeSender(authorization);
  else authorizeViewer(viewerHeaders(request));
  return {
    status: 200,
    headers: { 'content-type': EXPOSITION_CONTENT_TYPE, 'cache-control': 'no-store' },
    body: exposition(collectFamilies()),
  };
});
export const { POST, PUT, PATCH, DELETE } = refuseOtherMethods('GET');
