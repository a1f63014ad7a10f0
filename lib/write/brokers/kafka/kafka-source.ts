import type { Consumer } from 'kafkajs';
import type { Env } from '../../../env';
import { SECOND } from '../../../model/time/duration';
import type { BrokerSource, SourceParts } from '../source';
import { BatchTaker } from './batch';
import { type KafkaSettings, openKafka, RETRY } from './client';
import { DeadLetters } from './dead-letters';

type Settings = KafkaSettings & Pick<Env, 'KAFKA_GROUP' | 'KAFKA_SAMPLES_TOPIC' | 'KAFKA_EVENTS_TOPIC'>;

/** A node of which the group hears nothing for so long is gone; others get its partitions. */
const SESSION_MS = 10 * SECOND;
/** A node leaves the work on a batch within a few seconds to join anew. */
const REBALANCE_MS = 20 * SECOND;
const HEARTBEAT_MS = 2 * SECOND;
/** The most that is fetched ahead, of one partition and of one broker. A single message may be larger. */
const MOST_BYTES = { maxBytesPerPartition: 2 ** 20, maxBytes: 8 * 2 ** 20 };
const PARTITIONS_AT_A_TIME = 3;

/**
 * Pulls from Kafka as a member of a consumer group: each partition is one node's. The offset of a message is committed
 * after what it holds, so a message may come again, and none is passed over.
 */
export function kafkaSource(settings: Settings, parts: SourceParts): BrokerSource {
  const { KAFKA_SAMPLES_TOPIC: samples, KAFKA_EVENTS_TOPIC: events } = settings;
  const topics = [samples, events].filter((topic) => topic !== undefined);
  return {
    name: 'kafka',
    async pull(stop, isUp) {
      const kafka = await openKafka(settings);
      const consumer = kafka.consumer({
        groupId: settings.KAFKA_GROUP,
        sessionTimeout: SESSION_MS,
        rebalanceTimeout: REBALANCE_MS,
        heartbeatInterval: HEARTBEAT_MS,
        maxWaitTimeInMs: SECOND,
        retry: RETRY,
        ...MOST_BYTES,
      });
      const deadLetters = new DeadLetters(kafka);
      const batches = new BatchTaker({ ...parts, deadLetters, eventsTopic: events, stop });
      const ended = endOf(consumer, stop);
      try {
        await consumer.connect();
        consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
          batches.keepOnly(payload.memberAssignment);
          isUp();
        });
        await consumer.subscribe({ topics, fromBeginning: true });
        await consumer.run({
          autoCommit: false,
          eachBatchAutoResolve: false,
          partitionsConsumedConcurrently: PARTITIONS_AT_A_TIME,
          eachBatch: (payload) => batches.take(payload),
        });
        await ended;
      } finally {
        await Promise.allSettled([consumer.disconnect(), deadLetters.close()]);
      }
    },
  };
}

/** Resolves when `stop` is aborted, rejects when the consumer has given up. */
function endOf(consumer: Consumer, stop: AbortSignal): Promise<void> {
  const ended = new Promise<void>((resolve, reject) => {
    stop.addEventListener('abort', () => resolve(), { once: true });
    consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
  });
  // It may have been stopped before anybody waits.
  ended.catch(() => undefined);
  return ended;
}
