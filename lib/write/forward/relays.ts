import { randomBytes } from 'node:crypto';
import { PulseError } from '../../model/errors';
import { MINUTE } from '../../model/time/duration';

/** Names the servers that a request's samples may have come through, the sender first. */
export const FORWARDED_BY = 'x-pulseboard-forwarded-by';

const ID = /^[0-9a-f]{16}$/;
/** A server that has sent nothing for so long is not among those that forward to us. */
const REMEMBER_MS = 10 * MINUTE;
const MOST_KNOWN = 64;

/**
 * Which servers forward to this one. Whatever this server forwards may be theirs, so it says that it has come through
 * them; and a request that has come through this server goes in a circle.
 */
export class Relays {
  /** Of this process. */
  readonly id = randomBytes(8).toString('hex');
  /** When each was heard of last, epoch ms; the longest silent first. */
  private readonly heard = new Map<string, number>();

  /** The value of the header for what this server forwards. */
  chain(now = Date.now()): string {
    for (const [id, at] of this.heard) if (now - at > REMEMBER_MS) this.heard.delete(id);
    return [this.id, ...this.heard.keys()].join(', ');
  }

  /** @param header as it was received. @throws PulseError `forwarding_loop` when it has come through this server */
  receive(header: string, now = Date.now()): void {
    const ids = header.split(',', MOST_KNOWN + 1).map((each) => each.trim());
    if (ids.includes(this.id)) throw inACircle();
    for (const id of ids) {
      if (!ID.test(id)) continue;
      this.heard.delete(id);
      this.heard.set(id, now);
    }
    for (const [id] of this.heard) {
      if (this.heard.size <= MOST_KNOWN) return;
      this.heard.delete(id);
    }
  }
}

function inACircle(): PulseError {
  return new PulseError(
    'forwarding_loop',
    'These samples may have come from this server: forwarding goes in a circle. Take one of the servers out of it (FORWARD_URL, FORWARD_CONFIG); nothing was kept.',
  );
}
