import { PulseError } from '../../model/errors';
import { MINUTE } from '../../model/time/duration';
import { senderOf } from '../limit/address';
import { LocalWindow, type WindowState } from '../limit/local-window';

/** Wrong passwords in 15 minutes: from one address, and from all together, since addresses are cheap. */
const WINDOW_MS = 15 * MINUTE;
const PER_ADDRESS = 10;
const IN_ALL = 300;
/** Addresses remembered at a time; an attacker with more addresses reaches the limit for all together. */
const MOST_ADDRESSES = 50_000;
const ALL = 'all';

/** Wrong passwords, counted. */
export class Attempts {
  private readonly addresses = new LocalWindow(WINDOW_MS, MOST_ADDRESSES);
  private readonly total = new LocalWindow(WINDOW_MS);

  /**
   * Checks a password. Only wrong ones count, and only those that were checked: a refused address uses nothing of the
   * limit for all. Too many in all refuse only addresses that were wrong before, so that nobody can lock out a user who
   * has the right password.
   *
   * @throws PulseError `rate_limited` when there have been too many wrong ones; then this one is not checked.
   */
  tryOnce(address: string, now: number, isRight: () => boolean): boolean {
    this.requireLeft(address, now);
    // Nothing is awaited from there to here, so attempts in flight together are checked one after the other.
    if (isRight()) return true;
    this.addresses.add(senderOf(address), 1, now);
    this.total.add(ALL, 1, now);
    return false;
  }

  /** Refuses an address that has used up its attempts, before anything of a new one is read. @throws as `tryOnce` */
  requireLeft(address: string, now: number): void {
    const sender = senderOf(address);
    refuse(this.addresses.check(sender, PER_ADDRESS, now));
    const { previous, current } = this.addresses.counts(sender, now);
    if (previous + current > 0) refuse(this.total.check(ALL, IN_ALL, now));
  }
}

function refuse({ allowed, resetMs }: WindowState): void {
  if (allowed) return;
  throw new PulseError('rate_limited', 'Too many attempts to sign in. Wait a while, then try again.', {
    retryAfterMs: resetMs,
  });
}
