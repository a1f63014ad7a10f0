import { isSecure, originHeaders } from '@/lib/access/auth/request';
import { addressOf, openHandler, refuseOtherMethods } from '@/lib/api/http';
import { handleLogin, MAX_FORM_BYTES } from '@/lib/api/login';
import { fromWeb, readText } from '@/lib/api/web-body';
import { SECOND } from '@/lib/model/time/duration';
import { rootOfProcess } from '@/lib/system/process';

export const dynamic = 'force-dynamic';

/** The form of the login page: a session cookie for the right password. */
export const POST = openHandler(async (request) => {
  const address = addressOf(request);
  const { auth, limits, settings } = rootOfProcess();
  auth.attempts.requireLeft(address, Date.now());
  const limit = { maxBytes: MAX_FORM_BYTES, withinMs: 10 * SECOND };
  const form = await readText(fromWeb(request), limit, limits.bodies);
  const headers = originHeaders(request, settings);
  return handleLogin(auth, { form, address, secure: isSecure(request), headers });
});
export const { GET, PUT, PATCH, DELETE, OPTIONS } = refuseOtherMethods('POST');
