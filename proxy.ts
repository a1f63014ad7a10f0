import { randomBytes } from 'node:crypto';
import { type NextRequest, NextResponse } from 'next/server';
import { contentPolicy } from './lib/access/auth/content-policy';
import { refuseForeign, viewerHeaders } from './lib/api/http';
import { isPulseError } from './lib/model/errors';
import { rootOfProcess } from './lib/system/process';

/**
 * Before every page: who may see it, and which scripts may run in it. It is not the only one to ask (`guard` in front
 * of Next.js does, and every page itself). Routes under `/api` ask for themselves; they are kept out because a proxy
 * buffers request bodies, and would turn a stream of samples into one late piece.
 */
export function proxy(request: NextRequest): NextResponse {
  const foreign = refuseForeign(request);
  if (foreign) return new NextResponse(foreign.body, foreign);
  const { pathname, search } = request.nextUrl;
  if (pathname !== '/login' && !mayLook(request)) return toLogin(request, `${pathname}${search}`);

  const nonce = randomBytes(16).toString('base64');
  const policy = contentPolicy(nonce, process.env.NODE_ENV === 'development');
  const headers = new Headers(request.headers);
  // Next.js reads the nonce from here and puts it on its own scripts.
  headers.set('content-security-policy', policy);
  headers.set('x-nonce', nonce);
  const response = NextResponse.next({ request: { headers } });
  response.headers.set('content-security-policy', policy);
  return response;
}

export const config = {
  matcher: ['/((?!api/|api$|ping$|_next/static/|_next/hmr|icon.svg|favicon.ico).*)'],
};

function mayLook(request: NextRequest): boolean {
  try {
    return rootOfProcess().auth.viewers.viewerOf(viewerHeaders(request)) !== null;
  } catch (error) {
    if (isPulseError(error)) return false;
    throw error;
  }
}

function toLogin(request: NextRequest, next: string): NextResponse {
  const url = request.nextUrl.clone();
  url.pathname = '/login';
  url.search = new URLSearchParams({ next }).toString();
  return NextResponse.redirect(url, 303);
}
