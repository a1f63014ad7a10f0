import { existsSync, readdirSync, statSync } from 'node:fs';
import { rename, rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { SECOND } from '../../model/time/duration';
import { log } from '../../observe/log';

const NAME = /\.damaged$/;
const COUNT_EVERY_MS = 10 * SECOND;

export interface DamagedFileFigures {
  files: number;
  bytes: number;
}

/**
 * Damaged files of a spool, kept beside the others for a person to look at: `0000000041.damaged`. When they are more
 * than `maxBytes` the oldest go.
 */
export class DamagedFiles {
  private known: DamagedFileFigures = { files: 0, bytes: 0 };
  private countedAt = Number.NEGATIVE_INFINITY;
  /** Files that could not be moved: they stay where they are, and are tried again. */
  private readonly unmoved = new Set<string>();

  constructor(
    private readonly folder: string,
    private readonly maxBytes: number,
  ) {}

  /** What is kept. A person may take it away at any time, so it is looked for again now and then. */
  get figures(): DamagedFileFigures {
    if (performance.now() - this.countedAt > COUNT_EVERY_MS) this.count();
    return this.known;
  }

  /** Keeps a file. Never rejects: what cannot be moved stays in its place, where the next start finds it again. */
  async keep(file: string): Promise<void> {
    this.unmoved.add(file);
    await this.moveAll();
  }

  async moveAll(): Promise<void> {
    for (const file of this.unmoved) {
      try {
        const kept = nameFor(file);
        await rename(file, kept);
        log().error({ file: kept }, 'a damaged file of the spool is kept for you to look at');
        this.unmoved.delete(file);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') this.unmoved.delete(file);
        else log().error({ err: error, file }, 'a damaged file of the spool stays in its place');
      }
    }
    await this.stayWithinLimit().catch((error) =>
      log().error({ err: error, folder: this.folder }, 'the oldest damaged files are not removed'),
    );
    this.count();
  }

  private async stayWithinLimit(): Promise<void> {
    const kept = this.list().filter(({ isFile }) => isFile);
    let bytes = kept.reduce((sum, { size }) => sum + size, 0);
    for (const { path, size } of kept.slice(0, -1)) {
      if (bytes <= this.maxBytes) return;
      await rm(path, { force: true });
      log().warn({ file: path, bytes: size }, 'the oldest damaged file of the spool is removed');
      bytes -= size;
    }
    const newest = kept.at(-1);
    if (newest && newest.size > this.maxBytes) await truncate(newest.path, this.maxBytes);
  }

  private count(): void {
    this.countedAt = performance.now();
    const kept = [...this.list(), ...[...this.unmoved].flatMap(described)];
    this.known = { files: kept.length, bytes: kept.reduce((sum, { size }) => sum + size, 0) };
  }

  /** The kept files, oldest first. */
  private list() {
    try {
      const names = readdirSync(this.folder).filter((name) => NAME.test(name));
      return names
        .flatMap((name) => described(join(this.folder, name)))
        .sort((a, b) => a.changedMs - b.changedMs);
    } catch (error) {
      log().warn({ err: error, folder: this.folder }, 'the damaged files of the spool cannot be counted');
      return [];
    }
  }
}

interface Described {
  path: string;
  size: number;
  isFile: boolean;
  /** When it was given its name. */
  changedMs: number;
}

function described(path: string): Described[] {
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found) return [];
  return [{ path, size: found.isFile() ? found.size : 0, isFile: found.isFile(), changedMs: found.ctimeMs }];
}

function nameFor(file: string): string {
  const kept = file.replace(/\.spool$/, '.damaged');
  return existsSync(kept) ? file.replace(/\.spool$/, `-${Date.now()}.damaged`) : kept;
}
