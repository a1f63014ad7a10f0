import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { childEnv } from '../lib/child-env.mjs';
import { bundle } from './bundle.mjs';
import { forgetBuild, hashSources, ROOT, stampBuild } from './freshness.mjs';

/**
 * Builds pages (`.next/`) and programs (`dist/`).
 * @param {{ quiet: boolean }} options quiet: what the build says is shown only if it fails
 * @throws {Error} with the reason in a sentence; details have been printed by then
 */
export async function build({ quiet }) {
  const hash = hashSources();
  forgetBuild();
  await Promise.all([bundle(), buildPages(quiet)]);
  stampBuild(hash);
}

/** @param {boolean} quiet */
async function buildPages(quiet) {
  const next = join(ROOT, 'node_modules', 'next', 'dist', 'bin', 'next');
  const child = spawn(process.execPath, [next, 'build'], {
    cwd: ROOT,
    env: childEnv({ NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1' }),
    stdio: ['ignore', quiet ? 'pipe' : 'inherit', quiet ? 'pipe' : 'inherit'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text) => (said += text));
  const code = await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
  if (code === 0) return;
  process.stderr.write(`${said}\n`);
  throw new Error('The pages could not be built; what the compiler said is above.');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    await build({ quiet: false });
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
