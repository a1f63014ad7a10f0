import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { bundle, PROGRAMS } from './bundle.mjs';
import { isBuildFresh, ROOT } from './freshness.mjs';
import { buildVisibly } from './launch.mjs';

// `npm run bench` runs every benchmark, `npm run bench -- ingest history` the named ones. One after the other: they
// measure the machine they share.

const BENCHMARKS = ['ingest', 'history', 'live', 'store', 'fleet'];

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !BENCHMARKS.includes(name));
if (unknown.length > 0) {
  console.error(`There is no benchmark ${unknown.join(', ')}; there are: ${BENCHMARKS.join(', ')}.`);
  process.exit(1);
}
if (!isBuildFresh()) await buildVisibly();
await bundle();

for (const name of asked.length > 0 ? asked : BENCHMARKS) {
  if (!existsSync(join(ROOT, PROGRAMS[`bench-${name}`]))) continue;
  console.log(`\n== ${name}`);
  const code = await run(join(ROOT, 'dist', `bench-${name}.js`));
  if (code !== 0) process.exitCode = 1;
}

/** @param {string} program @returns {Promise<number>} its exit code */
function run(program) {
  return new Promise((resolve, reject) => {
    spawn(process.execPath, ['--enable-source-maps', program], { cwd: ROOT, stdio: 'inherit' })
      .on('error', reject)
      .on('close', (code) => resolve(code ?? 1));
  });
}
