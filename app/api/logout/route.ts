import { isSecure, originHeaders } from '@/lib/access/auth/request';
import { openHandler, refuseOtherMethods } from '@/lib/api/http';
import { handleLogout } from '@/lib/api/login';
import { log } from '@/lib/observe/log';
import { rootOfProcess } from '@/lib/system/process';

export const dynamic = 'force-dynamic';

/** Ends the session. Answers once that is recorded, or the database is away: then it is recorded afterwards. */
export const POST = openHandler(async (request) => {
  const root = rootOfProcess();
  const answer = handleLogout(root.auth, {
    cookie: request.headers.get('cookie') ?? undefined,
    secure: isSecure(request),
    headers: originHeaders(request, root.settings),
  });
  try {
    await root.auth.endedSessions.record(root.ready().records.endedSessions);
  } catch (error) {
    log().warn({ err: error }, 'the end of a session is not recorded yet');
  }
  return answer;
});
export const { GET, PUT, PATCH, DELETE, OPTIONS } = refuseOtherMethods('POST');
