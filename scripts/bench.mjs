import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { BUILDS } from './builds.mjs';
import { bundle } from './bundle.mjs';
import { isBuildFresh, ROOT } from './freshness.mjs';
import { buildVisibly } from './launch.mjs';

// `npm run bench` runs every benchmark, `npm run bench -- ingest history` the named ones. One after the other: they
// measure the machine they share.

const names = readdirSync(join(ROOT, 'bench'))
  .filter((file) => file.endsWith('.ts'))
  .map((file) => basename(file, '.ts'));
const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !names.includes(name));
if (unknown.length > 0) {
  console.error(`There is no benchmark ${unknown.join(', ')}; there are: ${names.join(', ')}.`);
  process.exit(1);
}
if (!isBuildFresh()) await buildVisibly();
const folder = join(BUILDS, 'bench');
await bundle(folder, {
  ...Object.fromEntries(names.map((name) => [`bench-${name}`, `bench/${name}.ts`])),
  'bench-load': 'bench/support/load-process.ts',
});

for (const name of asked.length > 0 ? asked : names) {
  console.log(`\n== ${name}`);
  const code = await run(join(folder, `bench-${name}.js`));
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
