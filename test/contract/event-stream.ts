import { parseEvents, type StreamEvent } from '../support/live-reader';

/** A reader of `GET /api/live` over a real connection. */
export interface EventStream {
  readonly response: Response;
  /** Everything received so far. */
  readonly text: string;
  readonly events: readonly StreamEvent[];
  /** Resolves with the first event, received already or yet to come, that fits. Rejects when the stream ends before. */
  next(fits: (event: StreamEvent) => boolean): Promise<StreamEvent>;
  /** Resolves when the server ends the stream. */
  readonly ended: Promise<void>;
  close(): void;
}

export async function openEventStream(
  url: string,
  headers: Record<string, string> = {},
): Promise<EventStream> {
  const controller = new AbortController();
  const response = await fetch(url, {
    headers: { accept: 'text/event-stream', ...headers },
    signal: controller.signal,
  });
  let text = '';
  let events: StreamEvent[] = [];
  let isOpen = true;
  let changed = () => {};
  const ended = (async () => {
    const decoder = new TextDecoder();
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      text += decoder.decode(chunk, { stream: true });
      events = parseEvents(text.slice(0, text.lastIndexOf('\n\n') + 2));
      changed();
    }
  })()
    // A connection that is cut off has ended, too.
    .catch(() => {})
    .finally(() => {
      isOpen = false;
      changed();
    });
  return {
    response,
    ended,
    get text() {
      return text;
    },
    get events() {
      return events;
    },
    async next(fits) {
      for (;;) {
        const found = events.find(fits);
        if (found) return found;
        if (!isOpen) throw new Error(`The stream has ended; it said:\n${text}`);
        await new Promise<void>((resolve) => {
          changed = resolve;
        });
      }
    },
    close: () => controller.abort(),
  };
}
