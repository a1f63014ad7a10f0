import type { TopicEvent } from '@/lib/model/wire/stream';

/** A subscriber to a topic of the stream. */
export interface TopicListener {
  event(data: unknown): void;
  /** The stream is open again: events may have been missed since it was before. */
  missed(): void;
}

/** The topics that a tab subscribes to, and their listeners. */
export class TopicListeners {
  private readonly byName = new Map<string, Map<TopicListener, { wasOpen: boolean }>>();

  get names(): string[] {
    return [...this.byName.keys()].sort();
  }

  add(name: string, listener: TopicListener): void {
    const listeners = this.byName.get(name) ?? new Map();
    this.byName.set(name, listeners.set(listener, { wasOpen: false }));
  }

  delete(name: string, listener: TopicListener): void {
    const listeners = this.byName.get(name);
    listeners?.delete(listener);
    if (listeners?.size === 0) this.byName.delete(name);
  }

  publish({ topic, data }: TopicEvent): void {
    for (const listener of this.byName.get(topic)?.keys() ?? []) listener.event(data);
  }

  opened(): void {
    for (const listeners of this.byName.values()) {
      for (const [listener, state] of listeners) {
        if (state.wasOpen) listener.missed();
        state.wasOpen = true;
      }
    }
  }

  clear(): void {
    this.byName.clear();
  }
}
