'use client';

import { useEffect, useRef, useState } from 'react';
import { feedOfTab } from './feed';
import type { TopicListener } from './topic-listeners';

/** Subscribes to a topic of the page's stream for as long as the component is mounted; null: to none. */
export function useTopicListener(topic: string | null, listener: TopicListener): void {
  const latest = useRef(listener);
  latest.current = listener;
  useEffect(() => {
    if (topic === null) return;
    return feedOfTab().subscribe(topic, {
      event: (data) => latest.current.event(data),
      missed: () => latest.current.missed(),
    });
  }, [topic]);
}

/** The newest event of a topic, of the shape that the topic has; null before the first. */
export function useTopic<Event>(topic: string): Event | null {
  const [event, setEvent] = useState<Event | null>(null);
  useTopicListener(topic, { event: (data) => setEvent(data as Event), missed() {} });
  return event;
}
