import { randomBytes } from 'node:crypto';
import type { TopicEvent } from '../../model/wire/stream';
import { log } from '../../observe/log';
import { PING, type Transport } from '../bus/transport';
import { decodeTopicMessage, encodeTopicMessage } from './message';
import { TopicOutbox } from './outbox';
import type { Topic } from './topic';

/** The same object for everyone on this node who is told. */
export type Told<Event> = TopicEvent & { readonly data: Event };
export type TopicListener<Event> = (event: Told<Event>) => void;

/** Events between nodes, by topic: whoever needs a topic defines it, there is no list of them here. */
export interface Topics {
  /** Tells this node's subscribers at once, and those of other nodes as soon as the way there allows. */
  publish<Event>(topic: Topic<Event>, data: Event): void;
  /** Tells this node's subscribers only. */
  deliver<Event>(topic: Topic<Event>, data: Event): void;
  /** @returns the off-switch. */
  subscribe<Event>(topic: Topic<Event>, listener: TopicListener<Event>): () => void;
  /**
   * Calls `start` when somebody on this node subscribes to the topic, and what it returned when nobody does any more.
   * @returns the off-switch.
   */
  whileSubscribed(topic: Topic<unknown>, start: () => () => void): () => void;
  close(): void;
}

export interface TopicsOptions {
  /** The way to other nodes; null where this one is alone. Whoever made it closes it. */
  transport: Transport | null;
  /** Channels begin with this; nodes of one database share it. */
  prefix?: string;
}

interface Subject {
  listeners: Set<TopicListener<never>>;
  unfollow(): void;
}

interface Source {
  start(): () => void;
  stop: (() => void) | null;
}

export function createTopics({ transport, prefix = 'pulseboard' }: TopicsOptions): Topics {
  const node = randomBytes(9).toString('base64url');
  const outbox = transport && new TopicOutbox(transport);
  const subjects = new Map<string, Subject>();
  const sources = new Map<string, Set<Source>>();
  const channelOf = (name: string) => `${prefix}:topic:${name}`;

  function deliver<Event>({ name }: Topic<Event>, data: Event): void {
    const told = { topic: name, data };
    for (const listener of subjects.get(name)?.listeners ?? []) (listener as TopicListener<Event>)(told);
  }

  function hear<Event>(topic: Topic<Event>, text: string): void {
    if (text === PING) return;
    const message = decodeTopicMessage(text);
    // Told already, at once.
    if (message?.n === node) return;
    const data = topic.schema.safeParse(message?.e);
    if (data.success) deliver(topic, data.data);
    else log().warn({ topic: topic.name }, 'an event of another node is not what its topic says');
  }

  function follow<Event>(topic: Topic<Event>): () => void {
    if (!transport) return () => {};
    return transport.follow(channelOf(topic.name), {
      message: (text) => hear(topic, text),
      up() {},
      down() {},
    });
  }

  function begin<Event>(topic: Topic<Event>): Subject {
    const subject = { listeners: new Set<TopicListener<never>>(), unfollow: follow(topic) };
    subjects.set(topic.name, subject);
    return subject;
  }

  function end(name: string): void {
    subjects.get(name)?.unfollow();
    subjects.delete(name);
    for (const source of sources.get(name) ?? []) stop(source);
  }

  return {
    publish(topic, data) {
      outbox?.put({ channel: channelOf(topic.name), text: encodeTopicMessage(node, data) });
      deliver(topic, data);
    },
    deliver,
    subscribe(topic, listener) {
      const { listeners } = subjects.get(topic.name) ?? begin(topic);
      listeners.add(listener);
      for (const source of sources.get(topic.name) ?? []) source.stop ??= source.start();
      return () => {
        if (listeners.delete(listener) && listeners.size === 0) end(topic.name);
      };
    },
    whileSubscribed({ name }, start) {
      const source: Source = { start, stop: subjects.has(name) ? start() : null };
      const others = sources.get(name);
      if (others) others.add(source);
      else sources.set(name, new Set([source]));
      return () => {
        stop(source);
        sources.get(name)?.delete(source);
      };
    },
    close() {
      for (const name of [...subjects.keys()]) end(name);
      sources.clear();
    },
  };
}

function stop(source: Source): void {
  source.stop?.();
  source.stop = null;
}
