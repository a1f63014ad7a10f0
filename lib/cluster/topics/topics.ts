import { randomBytes } from 'node:crypto';
import type { TopicEvent } from '../../model/wire/stream';
import { log } from '../../observe/log';
import { PING, type Transport } from '../bus/transport';
import { decodeTopicMessage, encodeTopicMessage } from './message';
import { TopicOutbox } from './outbox';
import type { Topic } from './topic';

/** The same object for every listener on this node. */
export type PublishedEvent<Event> = TopicEvent & { readonly data: Event };
export type TopicListener<Event> = (event: PublishedEvent<Event>) => void;

/** Events between nodes, by topic: a topic is defined where it is used, there is no list of them here. */
export interface Topics {
  /** To this node's subscribers at once, and to those of other nodes as soon as the transport allows. */
  publish<Event>(topic: Topic<Event>, data: Event): void;
  /** To this node's subscribers only. */
  publishLocally<Event>(topic: Topic<Event>, data: Event): void;
  /** @returns the off-switch. */
  subscribe<Event>(topic: Topic<Event>, listener: TopicListener<Event>): () => void;
  /**
   * Calls `start` when the topic gets its first subscriber on this node, and what that returned when it has none.
   * @returns the off-switch.
   */
  whileSubscribed(topic: Topic<unknown>, start: () => () => void): () => void;
  close(): void;
}

export interface TopicsOptions {
  /** The transport to other nodes; null where this one is alone. Not closed here. */
  transport: Transport | null;
  /** Channels begin with this; nodes of one database share it. */
  prefix?: string;
}

interface OpenTopic {
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
  const open = new Map<string, OpenTopic>();
  const sources = new Map<string, Set<Source>>();
  const channelOf = (name: string) => `${prefix}:topic:${name}`;

  function publishLocally<Event>({ name }: Topic<Event>, data: Event): void {
    const event = { topic: name, data };
    for (const listener of open.get(name)?.listeners ?? []) (listener as TopicListener<Event>)(event);
  }

  function receive<Event>(topic: Topic<Event>, text: string): void {
    if (text === PING) return;
    const message = decodeTopicMessage(text);
    // Published here already.
    if (message?.n === node) return;
    const data = topic.schema.safeParse(message?.e);
    if (data.success) publishLocally(topic, data.data);
    else log().warn({ topic: topic.name }, 'an event of another node does not match the schema of its topic');
  }

  function follow<Event>(topic: Topic<Event>): () => void {
    if (!transport) return () => {};
    return transport.follow(channelOf(topic.name), {
      message: (text) => receive(topic, text),
      up() {},
      down() {},
    });
  }

  function openTopic<Event>(topic: Topic<Event>): OpenTopic {
    const opened = { listeners: new Set<TopicListener<never>>(), unfollow: follow(topic) };
    open.set(topic.name, opened);
    return opened;
  }

  function closeTopic(name: string): void {
    open.get(name)?.unfollow();
    open.delete(name);
    for (const source of sources.get(name) ?? []) stop(source);
  }

  return {
    publish(topic, data) {
      outbox?.put({ channel: channelOf(topic.name), text: encodeTopicMessage(node, data) });
      publishLocally(topic, data);
    },
    publishLocally,
    subscribe(topic, listener) {
      const { listeners } = open.get(topic.name) ?? openTopic(topic);
      listeners.add(listener);
      for (const source of sources.get(topic.name) ?? []) source.stop ??= source.start();
      return () => {
        if (listeners.delete(listener) && listeners.size === 0) closeTopic(topic.name);
      };
    },
    whileSubscribed({ name }, start) {
      const source: Source = { start, stop: open.has(name) ? start() : null };
      const others = sources.get(name);
      if (others) others.add(source);
      else sources.set(name, new Set([source]));
      return () => {
        stop(source);
        sources.get(name)?.delete(source);
      };
    },
    close() {
      for (const name of [...open.keys()]) closeTopic(name);
      sources.clear();
    },
  };
}

function stop(source: Source): void {
  source.stop?.();
  source.stop = null;
}
