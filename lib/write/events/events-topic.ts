import { defineTopic } from '../../cluster/topics/topic';
import type { Topics } from '../../cluster/topics/topics';
import { EventsStored } from '../../model/wire/events';

/** Published when events were stored: pages of events are read again. */
export const eventsTopic = defineTopic('events', EventsStored);

/** At most so often, however many are stored. */
const EVERY_MS = 250;

/** Says on every node that events were stored, soon after they were; together where many are. */
export class EventsAnnouncer {
  private stored = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly topics: Pick<Topics, 'publish'>) {}

  note(stored: number): void {
    if (stored === 0) return;
    this.stored += stored;
    this.timer ??= setTimeout(() => this.publish(), EVERY_MS);
  }

  /** Says what it has not said yet. */
  close(): void {
    if (this.timer === undefined) return;
    clearTimeout(this.timer);
    this.publish();
  }

  private publish(): void {
    this.timer = undefined;
    this.topics.publish(eventsTopic, { now: Date.now(), stored: this.stored });
    this.stored = 0;
  }
}
