import { requireAttemptsLeft } from '@/lib/access/auth/attempts';
import { isSecure, originHeaders } from '@/lib/access/auth/request';
import { addressOf, openHandler, refuseOtherMethods } from '@/lib/api/http';
import { handleLogin, MAX_FORM_BYTES } from '@/lib/api/login';
import { readText } from '@/lib/api/web-body';
import { SECOND } from '@/lib/model/time/duration';

export const dynamic = 'force-dynamic';

/** The form of the login page: a session cookie for the right password. */
export const POST = openHandler(async (request) => {
  const address = addressOf(request);
  requireAttemptsLeft(address, Date.now());
  const form = await readText(request, { maxBytes: MAX_FORM_BYTES, withinMs: 10 * SECOND });
  return handleLogin({ form, address, secure: isSecure(request), headers: originHeaders(request) });
});
export const { GET, PUT, PATCH, DELETE, OPTIONS } = refuseOtherMethods('POST');
