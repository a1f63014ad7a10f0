import { ownCookie } from '../access/auth/viewer';
import { log } from '../observe/log';
import { drain } from '../runtime/drain';

/** One of each kind, and what answers them. */
const PAGES = ['/', '/hosts', '/hosts/none', '/metrics', '/metrics/none', '/status', '/login', '/api/fleet'];

/**
 * Has every kind of page made once. The first of its kind loads and compiles what makes it, for some tenths of a second
 * in one go: that had better be while the server starts than under whoever asks first, and everyone who waits meanwhile.
 */
export async function warmUp(url: string): Promise<void> {
  const { signal } = drain();
  try {
    for (const page of PAGES) {
      const cookie = ownCookie(Date.now());
      const headers = { accept: 'text/html', ...(cookie && { cookie }) };
      const answer = await fetch(`${url}${page}`, { headers, redirect: 'manual', signal });
      await answer.arrayBuffer();
    }
  } catch (error) {
    if (!signal.aborted) log().warn({ err: error }, 'the pages could not be made beforehand');
  }
}
