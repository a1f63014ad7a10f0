type OffSwitch = () => unknown;

/** What ends the parts of a whole, the last that was started first: it may need those before it. */
export class OffSwitches {
  private readonly waiting: OffSwitch[] = [];

  /** @param off what ends a part that has been started; it may resolve when that has ended */
  add(off: OffSwitch): void {
    this.waiting.push(off);
  }

  /** Ends them one after the other, each once. @throws the first error, when all the others have ended, too */
  async close(): Promise<void> {
    const errors: unknown[] = [];
    for (let off = this.waiting.pop(); off; off = this.waiting.pop()) {
      try {
        await off();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw errors[0];
  }
}
