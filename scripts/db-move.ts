import { parseArgs } from 'node:util';
import { failWith } from './arguments';
import { move } from './db-move/move';

const USAGE = `Copies everything from one database into another: series, samples, and the rollups of times whose samples are gone.

npm run db:move -- --to URL [options]
  --from URL|FOLDER   a database, or the data folder of an embedded one (DATA_DIR, .pulseboard)
  --to URL            an empty database, or one that an earlier run has begun to fill

Stop the server first, so that nothing is written meanwhile. Interrupted, it goes on where it was: run it again.
At the end it compares counts and sums of every metric and every tier.`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      from: { type: 'string', default: process.env.DATA_DIR || '.pulseboard' },
      to: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return;
  }
  if (!values.to) throw new Error(`Name the database to copy to.\n\n${USAGE}`);
  if (values.from === values.to) throw new Error('--from and --to are the same database.');
  const isRight = await move({ from: values.from, to: values.to, print: console.log });
  if (!isRight) process.exitCode = 1;
}

main().catch((error) => failWith(error, USAGE));
