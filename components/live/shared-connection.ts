import { SECOND } from '@/lib/model/time/duration';
import { type Connection, type Hear, isNothing, NOTHING, type Wanted } from './connection';
import { ALIVE_EVERY_MS, type ExchangeMessage, type PortLike, type TabMessage } from './exchange';

/** The exchange answers at once; one that says nothing for this long is not there (its script did not load, say). */
const GIVEN_UP_AFTER_MS = 12 * SECOND;
const FIRST_ANSWER_MS = 3 * SECOND;

/** A tab's side of the exchange. When there is no answer, it goes on with a connection of its own from `fallback`. */
export function createSharedConnection(
  port: PortLike,
  tell: Hear,
  fallback: (hear: Hear) => Connection,
): Connection & { giveUp(): void } {
  let wanted: Wanted = NOTHING;
  let own: Connection | null = null;
  let alive: ReturnType<typeof setInterval> | undefined;
  let silence: ReturnType<typeof setTimeout> | undefined;

  const say = (message: TabMessage) => port.postMessage(message);
  const sayWanted = () => say({ say: 'want', queries: [...wanted.queries], topics: [...wanted.topics] });

  function expectAnswer(withinMs: number): void {
    clearTimeout(silence);
    silence = setTimeout(giveUp, withinMs);
  }

  function rest(): void {
    clearInterval(alive);
    clearTimeout(silence);
    alive = undefined;
  }

  function giveUp(): void {
    if (own) return;
    rest();
    own = fallback(tell);
    own.want(wanted);
  }

  function hear(message: ExchangeMessage): void {
    // A tab that wants nothing is told nothing; what comes was on its way.
    if (own || isNothing(wanted)) return;
    expectAnswer(GIVEN_UP_AFTER_MS);
    if (message.say === 'unknown') sayWanted();
    else tell(message);
  }

  port.addEventListener('message', ({ data }) => hear(data as ExchangeMessage));
  port.start();

  return {
    want(next) {
      if (own) {
        own.want(next);
        return;
      }
      const wasIdle = isNothing(wanted);
      wanted = next;
      if (isNothing(wanted) && wasIdle) return;
      sayWanted();
      if (isNothing(wanted)) {
        rest();
        tell({ say: 'phase', phase: 'idle' });
        return;
      }
      alive ??= setInterval(() => say({ say: 'alive' }), ALIVE_EVERY_MS);
      if (wasIdle) expectAnswer(FIRST_ANSWER_MS);
    },
    hurry() {
      if (own) own.hurry();
      else say({ say: 'hurry' });
    },
    close() {
      rest();
      wanted = NOTHING;
      if (own) own.close();
      else sayWanted();
    },
    giveUp,
  };
}
