import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { bundle, PROGRAMS } from './bundle.mjs';
import { ROOT } from './freshness.mjs';

// `node scripts/run.mjs <program> [arguments]`: bundles one program (some 100 ms) and runs it in this process.
const [name, ...rest] = process.argv.slice(2);
if (!(name in PROGRAMS)) {
  console.error(`There is no program "${name}"; there are: ${Object.keys(PROGRAMS).join(', ')}.`);
  process.exit(1);
}
const program = join(ROOT, 'dist', `${name}.js`);
// Where the development packages were left out, what the last build made is what there is.
if (existsSync(join(ROOT, 'node_modules', 'esbuild'))) await bundle({ [name]: PROGRAMS[name] });

// The program sees its own arguments, as if it had been started directly.
process.argv = [process.argv[0], program, ...rest];
process.setSourceMapsEnabled(true);
await import(program);
