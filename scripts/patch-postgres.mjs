// Runs after every install. postgres.js 3.4.9 does not survive the death of its database session
// (github.com/porsager/postgres issues 1066, 1154, 1208; fixes proposed in pull requests 1168 and 1209):
//   - what a transaction sends after its session has ended is written to a socket that is null, from a timer:
//     an exception nobody can catch, and with it the end of this process;
//   - what was still to be written, how many rows had been read and the error that ended it are carried over
//     into the next session, whose first statements then hang, fail or lose rows.
// And a statement that fails, or is cancelled, when rows of it have come already leaves their number to the next
// statement of its session, which then has so many holes in front of its own rows.
// Drop this file once a release holds the fixes.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const VERSION = '3.4.9';
const CHANGES = [
  [
    `  function execute(q) {
    if (terminated)`,
    `  function execute(q) {
    if (!socket)
      return queryError(q, Errors.connection('CONNECTION_CLOSED', options)), true

    if (terminated)`,
  ],
  [
    `  function nextWrite(fn) {
    const x = socket.write(chunk, fn)`,
    `  function nextWrite(fn) {
    if (!socket)
      return chunk = nextWriteTimer = null, false

    const x = socket.write(chunk, fn)`,
  ],
  [
    `    socket.removeAllListeners()
    socket = null
`,
    `    socket.removeAllListeners()
    socket = chunk = nextWriteTimer = errorResponse = results = null
    result = new Result()
    rows = 0
`,
  ],
  [
    `    query = results = errorResponse = null
    result = new Result()
    connectTimer.cancel()
`,
    `    query = results = errorResponse = null
    result = new Result()
    rows = 0
    connectTimer.cancel()
`,
  ],
];

// From its entry, cjs/src/index.js: it does not export its package.json.
const home = join(dirname(createRequire(import.meta.url).resolve('postgres')), '..', '..');
const { version } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'));
if (version !== VERSION) {
  console.error(
    `patch-postgres: postgres is ${version}, this is for ${VERSION}: see whether it is still needed.`,
  );
  process.exit(1);
}
for (const build of ['src', 'cjs/src']) {
  const file = join(home, build, 'connection.js');
  const source = readFileSync(file, 'utf8');
  const patched = CHANGES.reduce(
    (text, [from, to]) => (text.includes(to) ? text : text.replace(from, to)),
    source,
  );
  const missing = CHANGES.filter(([, to]) => !patched.includes(to));
  if (missing.length > 0) {
    console.error(`patch-postgres: ${file} is not what was expected.`);
    process.exit(1);
  }
  if (patched !== source) writeFileSync(file, patched);
}
