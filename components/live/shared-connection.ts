import { SECOND } from '@/lib/model/time/duration';
import {
  type Connection,
  isEmptyContent,
  NO_CONTENT,
  type StreamContent,
  type StreamListener,
} from './connection';
import { ALIVE_EVERY_MS, type HubMessage, type PortLike, type TabMessage } from './stream-hub';

/** The hub answers at once; without an answer for this long it does not run (its script may not have loaded). */
const ANSWER_TIMEOUT_MS = 12 * SECOND;
const FIRST_ANSWER_TIMEOUT_MS = 3 * SECOND;

/** A tab's side of the hub. When there is no answer, it goes on with a connection of its own from `fallback`. */
export function createSharedConnection(
  port: PortLike,
  listener: StreamListener,
  fallback: (listener: StreamListener) => Connection,
): Connection & { fallBack(): void } {
  let content: StreamContent = NO_CONTENT;
  let own: Connection | null = null;
  let alive: ReturnType<typeof setInterval> | undefined;
  let timeout: ReturnType<typeof setTimeout> | undefined;

  const send = (message: TabMessage) => port.postMessage(message);
  const sendContent = () =>
    send({ type: 'content', queries: [...content.queries], topics: [...content.topics] });

  function restartTimeout(withinMs: number): void {
    clearTimeout(timeout);
    timeout = setTimeout(fallBack, withinMs);
  }

  function stopTimers(): void {
    clearInterval(alive);
    clearTimeout(timeout);
    alive = undefined;
  }

  function fallBack(): void {
    if (own) return;
    stopTimers();
    own = fallback(listener);
    own.setContent(content);
  }

  function receive(message: HubMessage): void {
    // The hub sends nothing to a tab without content; this was under way.
    if (own || isEmptyContent(content)) return;
    restartTimeout(ANSWER_TIMEOUT_MS);
    if (message.type === 'unknown') sendContent();
    else listener(message);
  }

  port.addEventListener('message', ({ data }) => receive(data as HubMessage));
  port.start();

  return {
    setContent(next) {
      if (own) {
        own.setContent(next);
        return;
      }
      const wasIdle = isEmptyContent(content);
      content = next;
      if (isEmptyContent(content) && wasIdle) return;
      sendContent();
      if (isEmptyContent(content)) {
        stopTimers();
        listener({ type: 'phase', phase: 'idle' });
        return;
      }
      alive ??= setInterval(() => send({ type: 'alive' }), ALIVE_EVERY_MS);
      if (wasIdle) restartTimeout(FIRST_ANSWER_TIMEOUT_MS);
    },
    retryNow() {
      if (own) own.retryNow();
      else send({ type: 'retryNow' });
    },
    close() {
      stopTimers();
      content = NO_CONTENT;
      if (own) own.close();
      else sendContent();
    },
    fallBack,
  };
}
