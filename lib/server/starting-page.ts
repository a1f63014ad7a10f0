import type { PlainResponse } from '../api/http';
import type { Startup } from '../system/root';

const LOOK_AGAIN_SECONDS = 2;

/**
 * The page that is shown until the server is ready, which may wait for its database: it says so and reloads itself.
 * Null when the server is ready.
 */
export function startingPage(state: Startup): PlainResponse | null {
  if (state.phase === 'ready') return null;
  return {
    status: 503,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'retry-after': String(LOOK_AGAIN_SECONDS),
    },
    body: pageOf(state.reason, state.phase === 'starting'),
  };
}

function pageOf(reason: string, looksAgain: boolean): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
${looksAgain ? `<meta http-equiv="refresh" content="${LOOK_AGAIN_SECONDS}">` : ''}
<title>Pulseboard</title>
<style>:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:40rem;margin:20vh auto;padding:0 1rem}</style>
<h1>Pulseboard ${looksAgain ? 'is starting' : 'could not start'}</h1>
<p role="status">${escapeText(reason)}</p>
</html>
`;
}

function escapeText(text: string): string {
  return text.replace(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`);
}
