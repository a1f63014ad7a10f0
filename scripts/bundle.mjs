import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { ROOT } from './freshness.mjs';

/** What runs in Node outside of Next.js: name of the program → source. A bundle starts without compiling. */
export const PROGRAMS = {
  server: 'server.ts',
  agent: 'scripts/agent.ts',
  simulate: 'scripts/simulate.ts',
  events: 'scripts/events.ts',
  import: 'scripts/import.ts',
  'db-move': 'scripts/db-move.ts',
};

/**
 * Bundles programs into `<folder>/<name>.js`; packages stay in node_modules.
 * @param {string} folder
 * @param {Record<string, string>} [programs] name → source
 */
export async function bundle(folder, programs = PROGRAMS) {
  const { build } = await import('esbuild');
  const { outputFiles } = await build({
    entryPoints: programs,
    absWorkingDir: ROOT,
    outdir: folder,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    packages: 'external',
    sourcemap: true,
    logLevel: 'warning',
    write: false,
  });
  for (const { path, contents } of outputFiles) replaceFile(path, contents);
}

/** Whole or not at all: another process may be starting from this very file. */
function replaceFile(path, contents) {
  mkdirSync(dirname(path), { recursive: true });
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, contents);
  renameSync(draft, path);
}
