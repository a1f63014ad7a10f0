import type { Kafka, KafkaMessage, Message, Producer } from 'kafkajs';
import { log } from '../../../observe/log';
import { DEAD, type Refusal } from '../message';
import { RETRY } from './client';

interface Dead {
  topic: string;
  partition: number;
  message: KafkaMessage;
}

/** A header is not for long texts. */
const MOST_REASON = 1_000;

/** Messages that cannot be stored go to the topic `<topic>.dead`, with the reason in their headers. */
export class DeadLetters {
  private producer: Promise<Producer> | undefined;

  constructor(private readonly kafka: Kafka) {}

  /**
   * Resolves when the message is kept there. One that is too large for the topic is kept without its value.
   * @throws Error when it cannot be kept for now
   */
  async send(dead: Dead, refusal: Refusal): Promise<void> {
    const letter = letterOf(dead, refusal);
    const { topic, partition, message } = dead;
    log().warn({ topic, partition, offset: message.offset, ...refusal }, 'a message of Kafka is put aside');
    try {
      await this.write(topic, letter);
    } catch (error) {
      if ((error as { type?: string }).type !== 'MESSAGE_TOO_LARGE') throw error;
      await this.write(topic, { ...letter, value: null });
    }
  }

  async close(): Promise<void> {
    await (await this.producer)?.disconnect();
  }

  private async write(topic: string, message: Message): Promise<void> {
    this.producer ??= this.open();
    const producer = await this.producer;
    await producer.send({ topic: `${topic}.${DEAD}`, acks: -1, messages: [message] });
  }

  private async open(): Promise<Producer> {
    const { Partitioners } = (await import('kafkajs')).default;
    const createPartitioner = Partitioners.DefaultPartitioner;
    const producer = this.kafka.producer({ createPartitioner, retry: RETRY });
    await producer.connect();
    return producer;
  }
}

function letterOf({ topic, partition, message }: Dead, { code, message: reason }: Refusal): Message {
  const { key, value, headers, timestamp, offset } = message;
  return {
    key,
    value,
    timestamp,
    headers: {
      ...headers,
      'pulseboard-error': code,
      'pulseboard-reason': reason.slice(0, MOST_REASON),
      'pulseboard-topic': topic,
      'pulseboard-partition': String(partition),
      'pulseboard-offset': offset,
    },
  };
}
