import { handleLogin } from '@/lib/auth/login';
import { isSecure, originHeaders } from '@/lib/auth/request';
import { addressOf, openHandler, refuseOtherMethods } from '@/lib/http';

export const dynamic = 'force-dynamic';

/** The form of the login page: a session cookie for the right password. */
export const POST = openHandler(async (request) =>
  handleLogin({
    form: await request.text(),
    address: addressOf(request),
    secure: isSecure(request),
    headers: originHeaders(request),
  }),
);
export const { GET, PUT, PATCH, DELETE } = refuseOtherMethods('POST');
