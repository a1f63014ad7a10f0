import { expect, test } from 'vitest';
import { EventsAnswer } from '../model/wire/events';
import { jsonOfEvents } from './events';

const EVENT = {
  key: 'k',
  timestamp: 1_795_200_000_000,
  level: 'info',
  service: '',
  endpoint: null,
  path: null,
  message: '"],',
  duration: null,
  status: null,
  host: null,
  traceId: null,
  fields: { events: [] },
} as const;

test.each([0, 1, 3])('a page of %i events is encoded one after the other', (count) => {
  const page = { events: Array(count).fill(EVENT), next: count > 1 ? '1_2' : null, searchedTo: null };
  const texts = [...jsonOfEvents(page)];
  expect(texts).toHaveLength(count + 2);
  expect(EventsAnswer.parse(JSON.parse(texts.join('')))).toEqual(page);
});
