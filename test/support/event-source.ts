import { type ClientRequest, get } from 'node:http';
import type { EventSourceLike } from '@/components/live/connection';

type Listener = (event: { data?: string; lastEventId?: string }) => void;

/**
 * A browser's `EventSource` over a real connection, for tests in Node.js, which has none in every version the
 * product runs on. It does not reconnect: the code under test never lets one.
 */
export class NodeEventSource implements EventSourceLike {
  private readonly listeners = new Map<string, Listener[]>();
  private readonly request: ClientRequest;
  private lastEventId = '';
  private closed = false;

  constructor(url: string) {
    this.request = get(url, { headers: { accept: 'text/event-stream' }, agent: false }, (response) => {
      if (response.statusCode !== 200) return this.fail();
      this.emit('open', {});
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
        for (let end = text.indexOf('\n\n'); end !== -1; end = text.indexOf('\n\n')) {
          this.read(text.slice(0, end));
          text = text.slice(end + 2);
        }
      });
      response.on('close', () => this.fail());
    });
    this.request.on('error', () => this.fail());
  }

  addEventListener(type: string, listener: Listener): void {
    this.listeners.set(type, [...(this.listeners.get(type) ?? []), listener]);
  }

  close(): void {
    this.closed = true;
    this.request.destroy();
  }

  private read(block: string): void {
    const fields = new Map(
      block.split('\n').flatMap((line) => {
        const found = /^(\w+): ?(.*)$/.exec(line);
        return found ? [[found[1], found[2]] as const] : [];
      }),
    );
    this.lastEventId = fields.get('id') ?? this.lastEventId;
    if (fields.has('data')) {
      this.emit(fields.get('event') ?? 'message', {
        data: fields.get('data'),
        lastEventId: this.lastEventId,
      });
    }
  }

  private fail(): void {
    if (!this.closed) this.emit('error', {});
  }

  private emit(type: string, event: { data?: string; lastEventId?: string }): void {
    if (!this.closed) for (const listener of this.listeners.get(type) ?? []) listener(event);
  }
}
