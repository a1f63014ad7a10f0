import { expect, test } from 'vitest';
import { EventsAnnouncer } from './events-topic';

test('what was stored just before a stop is said, once', () => {
  const said: unknown[] = [];
  const announcer = new EventsAnnouncer({ publish: (topic, data) => said.push([topic.name, data]) });
  announcer.note(0);
  announcer.note(2);
  announcer.note(3);
  expect(said).toEqual([]);
  announcer.close();
  announcer.close();
  expect(said).toEqual([['events', { now: expect.any(Number), stored: 5 }]]);
});
