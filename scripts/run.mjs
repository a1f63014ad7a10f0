import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { watchRunner } from '../lib/runtime/process/parent.mjs';
import { BUILDS } from './builds.mjs';
import { bundle, PROGRAMS } from './bundle.mjs';
import { ROOT } from './freshness.mjs';

// `node scripts/run.mjs <program> [arguments]` bundles one program (about 100 ms), beside the build, and runs it here.
const [name, ...rest] = process.argv.slice(2);
if (!(name in PROGRAMS)) {
  console.error(`There is no program "${name}"; there are: ${Object.keys(PROGRAMS).join(', ')}.`);
  process.exit(1);
}
// Where the development packages were left out, what the last build made is what there is.
const hasBundler = existsSync(join(ROOT, 'node_modules', 'esbuild'));
const folder = hasBundler ? join(BUILDS, 'tools') : join(ROOT, 'dist');
if (hasBundler) await bundle(folder, { [name]: PROGRAMS[name] });
const program = join(folder, `${name}.js`);

// npm that is killed, or closed with its terminal, leaves its programs behind.
watchRunner(process.env.npm_lifecycle_event ?? '', () => process.kill(process.pid, 'SIGTERM'));

// The program sees its own arguments, as if it had been started directly.
process.argv = [process.argv[0], program, ...rest];
process.setSourceMapsEnabled(true);
await import(program);
