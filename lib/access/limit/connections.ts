import { isLoopbackHost } from '../../env/loopback';
import { PulseError } from '../../model/errors';
import { SECOND } from '../../model/time/duration';
import { senderOf } from './address';

/**
 * How many long connections one address may hold. This machine's own are not counted: a proxy beside us has one
 * address for everybody.
 */
export class ConnectionLimit {
  private readonly held = new Map<string, number>();

  constructor(private readonly perAddress: number) {}

  /** Takes a connection in; returns the off-switch. @throws PulseError `too_many_streams` */
  admit(address: string): () => void {
    if (isLoopbackHost(address)) return () => {};
    const sender = senderOf(address);
    const count = this.held.get(sender) ?? 0;
    if (count >= this.perAddress) {
      const message = `Your address has ${count} streams open, as many as one may. Close some, or wait.`;
      throw new PulseError('too_many_streams', message, { retryAfterMs: 5 * SECOND });
    }
    this.held.set(sender, count + 1);
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      const left = (this.held.get(sender) ?? 1) - 1;
      if (left === 0) this.held.delete(sender);
      else this.held.set(sender, left);
    };
  }
}
