import { defineConfig } from '@playwright/test';
import { findChromium } from './scripts/chromium.mjs';

export default defineConfig({
  testDir: 'e2e',
  timeout: 60_000,
  expect: { timeout: 15_000 },
  workers: 2,
  forbidOnly: true,
  outputDir: 'test-results',
  reporter: 'list',
  use: {
    launchOptions: {
      executablePath: findChromium() ?? undefined,
      // Chromium refuses to run its sandbox as root, which is who a container's user is.
      args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
    },
    trace: 'retain-on-failure',
    screenshot: 'only-on-failure',
  },
});
