import { env } from '../../env';
import { authorizeBearer } from './senders';
import { authorizeViewer, type ViewerHeaders } from './viewer';

/**
 * Lets in who may read the server's own figures: a scraper has a key rather than a session.
 *
 * @throws PulseError `unauthorized`, `forbidden`, `rate_limited`
 */
export function authorizeScraper(headers: ViewerHeaders): void {
  const { authorization } = headers;
  if (env().INGEST_KEYS.length > 0 && authorization?.startsWith('Bearer ')) authorizeBearer(authorization);
  else authorizeViewer(headers);
}
