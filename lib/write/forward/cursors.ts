import { createHash } from 'node:crypto';
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { log } from '../../observe/log';

const SUFFIX = '.cursor';

const index = z.int().min(0);
const cursor = z.object({ destination: z.string(), next: index, sendingTo: index });

/** How far a destination is. */
export interface Progress {
  /** Index of the next sample to send. */
  next: number;
  /** Samples before this index were under way. */
  sendingTo: number;
}
type Cursor = z.output<typeof cursor>;

/** How far each destination is, in a file of its own. */
export class Cursors {
  private constructor(
    private readonly folder: string,
    private readonly known: Map<string, Cursor>,
    /** One could not be read. */
    readonly isDamaged: boolean,
  ) {}

  static async open(folder: string): Promise<Cursors> {
    const known = new Map<string, Cursor>();
    let isDamaged = false;
    for (const name of await readdir(folder)) {
      if (!name.endsWith(SUFFIX)) continue;
      const found = await readCursor(join(folder, name));
      if (found) known.set(found.destination, found);
      else isDamaged = true;
    }
    return new Cursors(folder, known, isDamaged);
  }

  /** The highest there is. */
  get highest(): number {
    return [...this.known.values()].reduce((most, { sendingTo }) => Math.max(most, sendingTo), 0);
  }

  /** Before it nobody needs anything any more. */
  get lowest(): number {
    return [...this.known.values()].reduce(
      (least, { next }) => Math.min(least, next),
      Number.POSITIVE_INFINITY,
    );
  }

  progressOf(destination: string): Progress | undefined {
    return this.known.get(destination);
  }

  /** Whole or not at all; a machine that loses its power may go back to an earlier one. */
  async save(destination: string, progress: Progress): Promise<void> {
    const file = this.fileOf(destination);
    const found: Cursor = { ...progress, destination };
    this.known.set(destination, found);
    await writeFile(`${file}.new`, JSON.stringify(found), { mode: 0o600 });
    await rename(`${file}.new`, file);
  }

  /** Forgets all others: what waited for them is given up. */
  async keepOnly(destinations: readonly string[]): Promise<void> {
    for (const [destination, { next }] of this.known) {
      if (destinations.includes(destination)) continue;
      log().warn(
        { destination, next },
        'nothing is forwarded there any more; what waited for it is given up',
      );
      this.known.delete(destination);
      await rm(this.fileOf(destination), { force: true });
    }
  }

  private fileOf(destination: string): string {
    const name = createHash('sha256').update(destination).digest('hex').slice(0, 16);
    return join(this.folder, `${name}${SUFFIX}`);
  }
}

async function readCursor(file: string): Promise<Cursor | null> {
  try {
    return cursor.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (error) {
    log().warn({ err: error, file }, 'how far a destination is cannot be read: what is queued is sent again');
    await rm(file, { force: true });
    return null;
  }
}
