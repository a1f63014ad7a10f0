import { isLoopbackHost } from '../../env/loopback';
import { PulseError } from '../../model/errors';
import { SECOND } from '../../model/time/duration';
import { senderOf } from './address';

/** By what the connections are called. */
const REFUSALS = { streams: 'too_many_streams', connections: 'too_many_connections' } as const;

/**
 * How many long connections one address may hold. This machine's own are not counted: a proxy beside us has one
 * address for everybody.
 */
export class ConnectionLimit {
  private readonly held = new Map<string, number>();

  constructor(
    private readonly perAddress: number,
    private readonly kind: keyof typeof REFUSALS,
  ) {}

  /** Takes a connection in; returns the off-switch. @throws PulseError `too_many_streams`, `too_many_connections` */
  admit(address: string): () => void {
    if (isLoopbackHost(address)) return () => {};
    const sender = senderOf(address);
    const count = this.held.get(sender) ?? 0;
    if (count >= this.perAddress) {
      const message = `Your address has ${count} ${this.kind} open, as many as one may. Close some, or wait.`;
      throw new PulseError(REFUSALS[this.kind], message, { retryAfterMs: 5 * SECOND });
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
