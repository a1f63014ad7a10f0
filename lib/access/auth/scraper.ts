import type { Auth } from './auth';
import type { ViewerHeaders } from './viewers';

/**
 * Lets in who may read the server's own figures: a scraper has a key rather than a session.
 *
 * @throws PulseError `unauthorized`, `forbidden`, `rate_limited`
 */
export function authorizeScraper({ senders, viewers }: Auth, headers: ViewerHeaders): void {
  const { authorization } = headers;
  if (senders.needKey && authorization?.startsWith('Bearer ')) senders.authorizeBearer(authorization);
  else viewers.authorize(headers);
}
