import { PulseError } from '../errors';
import { LocalWindow, type WindowVerdict } from '../limit/local-window';
import { MINUTE } from '../model';
import { once } from '../once';

/** Passwords tried in 15 minutes: from one address, and from all together, since addresses are cheap. */
const WINDOW_MS = 15 * MINUTE;
const PER_ADDRESS = 10;
const IN_ALL = 300;

/** Counts an attempt. @throws PulseError `rate_limited` when there have been too many. */
export function countAttempt(address: string, now: number): void {
  const window = attempts();
  refuse([window.take(`address ${address}`, PER_ADDRESS, now), window.take('all', IN_ALL, now)]);
}

/** Like `countAttempt`, but only a wrong one counts: for clients that show the password with every request. */
export function tryOnce(address: string, now: number, isRight: () => boolean): boolean {
  const window = attempts();
  // Not even looked at once there have been too many, or guessing could go on.
  const left = (sender: string, limit: number) => window.judge(sender, limit, now);
  refuse([left(`address ${address}`, PER_ADDRESS), left('all', IN_ALL)]);
  if (isRight()) return true;
  countAttempt(address, now);
  return false;
}

function attempts(): LocalWindow {
  return once('auth.attempts', () => new LocalWindow(WINDOW_MS));
}

function refuse(verdicts: WindowVerdict[]): void {
  const refused = verdicts.find(({ allowed }) => !allowed);
  if (!refused) return;
  throw new PulseError('rate_limited', 'Too many attempts to sign in. Wait a while, then try again.', {
    retryAfterMs: refused.resetMs,
  });
}
