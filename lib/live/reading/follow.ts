import type { MatchingWork } from '../../runtime/work/work';
import type { Paced, Pacer, Round } from '../pacer';
import type { Upserts } from './live-group';
import type { LiveQueries } from './live-queries';
import type { LiveQuestion } from './live-question';
import type { Subscription } from './subscription';

/** Receives the points of a question as they change, without a stream or a viewer. */
export interface Follower {
  /** The shortest time between two calls, ms. */
  readonly tickMs: number;
  /** The points at these times are now these: applying them twice, or late, changes nothing. */
  upserts(upserts: Upserts): void;
  /** What it missed cannot be replayed: history has to be read again. */
  reset(reason: string): void;
}

export interface FollowParts {
  queries: Pick<LiveQueries, 'subscribe'>;
  pacer: Pick<Pacer, 'schedule'>;
}

/**
 * Follows a question, in turns with streams and other followers.
 *
 * @returns the off-switch.
 * @throws PulseError what `LiveQueries.subscribe` throws.
 */
export async function follow(
  { queries, pacer }: FollowParts,
  question: LiveQuestion,
  follower: Follower,
  work: MatchingWork,
): Promise<() => void> {
  const turns = new FollowerTurns(pacer, follower);
  const subscriber = { notify: () => turns.notify(), reset: (reason: string) => follower.reset(reason) };
  const subscription = await queries.subscribe(question, subscriber, work);
  turns.begin(subscription);
  return () => turns.end();
}

class FollowerTurns implements Paced {
  readonly tickMs: number;
  writtenAt = Number.NEGATIVE_INFINITY;
  private subscription: Subscription | null = null;
  private cancelTurn: (() => void) | null = null;

  constructor(
    private readonly pacer: Pick<Pacer, 'schedule'>,
    private readonly follower: Follower,
  ) {
    this.tickMs = follower.tickMs;
  }

  begin(subscription: Subscription): void {
    this.subscription = subscription;
    this.notify();
  }

  notify(): void {
    if (this.subscription) this.cancelTurn ??= this.pacer.schedule(this);
  }

  takeTurn(round: Round): void {
    this.cancelTurn = null;
    const changes = this.subscription?.take(round).changes;
    if (changes) {
      this.writtenAt = round.now;
      this.follower.upserts(changes);
    }
    if (this.subscription?.hasMore) this.notify();
  }

  end(): void {
    this.cancelTurn?.();
    this.cancelTurn = null;
    this.subscription?.close();
    this.subscription = null;
  }
}
