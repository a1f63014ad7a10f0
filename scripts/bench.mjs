import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { BUILDS } from './builds.mjs';
import { bundle } from './bundle.mjs';
import { isBuildFresh, ROOT } from './freshness.mjs';
import { buildVisibly } from './launch.mjs';

// `npm run bench` runs every benchmark, `npm run bench -- live history` the named ones, one after the other: they
// measure the machine they share. What follows a single name is for that one: `npm run bench -- load websocket --nodes 2`.

const names = readdirSync(join(ROOT, 'bench'))
  .filter((file) => file.endsWith('.ts'))
  .map((file) => basename(file, '.ts'));
const [first, ...rest] = process.argv.slice(2);
const areAllNames = rest.every((word) => names.includes(word));
const asked = first === undefined ? names : areAllNames ? [first, ...rest] : [first];
if (first !== undefined && !names.includes(first)) {
  console.error(`There is no benchmark ${first}; there are: ${names.join(', ')}.`);
  process.exit(1);
}
// What only writes or says something needs no server.
const needsServer = !rest.includes('--render') && !rest.includes('--help');
if (needsServer && !isBuildFresh()) await buildVisibly();
const folder = join(BUILDS, 'bench');
await bundle(folder, {
  ...Object.fromEntries(names.map((name) => [`bench-${name}`, `bench/${name}.ts`])),
  'bench-load-worker': 'bench/load/worker.ts',
  'bench-writer-process': 'bench/writers/process.ts',
});

for (const name of asked) {
  console.log(`\n== ${name}`);
  const code = await run(join(folder, `bench-${name}.js`), areAllNames ? [] : rest);
  if (code !== 0) process.exitCode = 1;
}

/** @param {string} program @param {string[]} args @returns {Promise<number>} its exit code */
function run(program, args) {
  return new Promise((resolve, reject) => {
    spawn(process.execPath, ['--enable-source-maps', program, ...args], { cwd: ROOT, stdio: 'inherit' })
      .on('error', reject)
      .on('close', (code) => resolve(code ?? 1));
  });
}
