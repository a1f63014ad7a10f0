import type { Topics } from '../../cluster/topics/topics';
import type { TopicEvent } from '../../model/wire/stream';
import { encodeTopicEvent } from './encode';
import type { StreamTopic } from './stream-params';

/** A reader that does not keep up gets the newest so many: an event is a hint, what it is about is read elsewhere. */
const MAX_WAITING = 64;

/** The topics that a stream subscribed to, and their events that have not been written. */
export class TopicQueue {
  private waiting: TopicEvent[] = [];
  private readonly stops: Array<() => void> = [];

  /** @param notify called when there is an event to take. */
  constructor(private readonly notify: () => void) {}

  subscribe(topics: Pick<Topics, 'subscribe'>, topic: StreamTopic): void {
    this.stops.push(topics.subscribe(topic, (event) => this.put(event)));
  }

  /** The JSON of each event that waits, oldest first. */
  take(): string[] {
    return this.waiting.splice(0).map(encodeTopicEvent);
  }

  close(): void {
    for (const stop of this.stops.splice(0)) stop();
    this.waiting = [];
  }

  private put(event: TopicEvent): void {
    this.waiting.push(event);
    if (this.waiting.length > MAX_WAITING) this.waiting.shift();
    this.notify();
  }
}
