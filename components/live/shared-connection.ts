import { SECOND } from '@/lib/model/time/duration';
import type { Connection, ConnectionEvents } from './connection';
import { ALIVE_EVERY_MS, type ExchangeMessage, type PortLike, type TabMessage } from './exchange';

/** The exchange answers at once; one that says nothing for this long is not there (its script did not load, say). */
const GIVEN_UP_AFTER_MS = 12 * SECOND;
const FIRST_ANSWER_MS = 3 * SECOND;

/** A tab's side of the exchange. When there is no answer, it goes on with a connection of its own from `fallback`. */
export function createSharedConnection(
  port: PortLike,
  events: ConnectionEvents,
  fallback: (events: ConnectionEvents) => Connection,
): Connection & { giveUp(): void } {
  let wanted: ReadonlyMap<string, number> = new Map();
  let own: Connection | null = null;
  let alive: ReturnType<typeof setInterval> | undefined;
  let silence: ReturnType<typeof setTimeout> | undefined;

  const tell = (message: TabMessage) => port.postMessage(message);
  const want = () => tell({ say: 'want', queries: [...wanted] });

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
    own = fallback(events);
    own.setQueries(wanted);
  }

  function hear(message: ExchangeMessage): void {
    // A tab that wants nothing is told nothing; what comes was on its way.
    if (own || wanted.size === 0) return;
    expectAnswer(GIVEN_UP_AFTER_MS);
    if (message.say === 'points') events.points(message.text, message.series, message.id);
    else if (message.say === 'status') events.status(message.status);
    else if (message.say === 'reset') events.reset();
    else if (message.say === 'contact') events.contact(message.id);
    else if (message.say === 'phase') events.phase(message.phase);
    else if (message.say === 'refused') events.refused();
    else if (message.say === 'overflow') events.overflow(message.texts);
    else want();
  }

  port.addEventListener('message', ({ data }) => hear(data as ExchangeMessage));
  port.start();

  return {
    setQueries(queries) {
      if (own) {
        own.setQueries(queries);
        return;
      }
      const wasIdle = wanted.size === 0;
      wanted = new Map(queries);
      if (wanted.size === 0 && wasIdle) return;
      want();
      if (wanted.size === 0) {
        rest();
        events.phase('idle');
        return;
      }
      alive ??= setInterval(() => tell({ say: 'alive' }), ALIVE_EVERY_MS);
      if (wasIdle) expectAnswer(FIRST_ANSWER_MS);
    },
    hurry() {
      if (own) own.hurry();
      else tell({ say: 'hurry' });
    },
    close() {
      rest();
      wanted = new Map();
      if (own) own.close();
      else want();
    },
    giveUp,
  };
}
