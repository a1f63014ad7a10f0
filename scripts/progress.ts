const WIDTH = 30;
const NOT_BEFORE_MS = 100;

/** A line that fills up: redrawn in a terminal, a line for each tenth elsewhere. */
export class ProgressBar {
  private shownAt = 0;
  private tenth = -1;

  constructor(private readonly out: NodeJS.WriteStream = process.stderr) {}

  /** @param share of the work that is done, 0 to 1 */
  show(share: number, note: string): void {
    const done = Math.min(1, Math.max(0, share));
    if (this.out.isTTY) this.redraw(done, note);
    else this.report(done, note);
  }

  /** Leaves the line as it is; what follows begins on a new one. */
  end(): void {
    if (this.out.isTTY) this.out.write('\n');
  }

  private redraw(done: number, note: string): void {
    const now = performance.now();
    if (done < 1 && now - this.shownAt < NOT_BEFORE_MS) return;
    this.shownAt = now;
    const filled = Math.round(done * WIDTH);
    const bar = `${'█'.repeat(filled)}${'░'.repeat(WIDTH - filled)}`;
    this.out.write(`\r${bar} ${String(Math.floor(done * 100)).padStart(3)} %  ${note}\x1b[K`);
  }

  private report(done: number, note: string): void {
    const tenth = Math.floor(done * 10);
    if (tenth === this.tenth) return;
    this.tenth = tenth;
    this.out.write(`${tenth * 10} %  ${note}\n`);
  }
}
