import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

interface Noted {
  /** Whether the rollups are copied. */
  rollups: boolean;
  /** All samples before this are copied, epoch ms. */
  samplesBefore: number;
}

/** How far a move from one database to another has got, in a file: an interrupted one goes on from there. */
export class Checkpoint {
  private constructor(
    private readonly path: string,
    public noted: Noted,
  ) {}

  static async open(folder: string, from: string, to: string): Promise<Checkpoint> {
    await mkdir(folder, { recursive: true });
    // Neither URL is written down: they hold passwords.
    const name = createHash('sha256').update(`${from} ${to}`).digest('hex').slice(0, 16);
    const path = join(folder, `db-move-${name}.json`);
    return new Checkpoint(path, (await read(path)) ?? { rollups: false, samplesBefore: 0 });
  }

  async note(change: Partial<Noted>): Promise<void> {
    this.noted = { ...this.noted, ...change };
    await writeFile(`${this.path}.new`, JSON.stringify(this.noted));
    await rename(`${this.path}.new`, this.path);
  }

  async forget(): Promise<void> {
    await rm(this.path, { force: true });
  }
}

async function read(path: string): Promise<Noted | null> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Noted;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
