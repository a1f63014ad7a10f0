import type { Protocol } from './protocol';

export const kafka: Protocol = {
  name: 'Kafka',
  senders: 'Whatever writes to topics of Kafka: this server pulls from them',
  arrives: {
    settings: {
      KAFKA_BROKERS: 'kafka-1:9092,kafka-2:9092',
      KAFKA_SAMPLES_TOPIC: 'metrics',
      KAFKA_EVENTS_TOPIC: 'events',
    },
    note: 'Whoever may write to the topics may write here, without a key.',
    counts: 'items',
  },
  configs: [
    {
      title: 'A shell, with kcat',
      text: () =>
        `echo '{"name":"coffee_cups","value":1,"labels":{"host":"desk"}}' | kcat -P -b kafka-1:9092 -t metrics`,
    },
  ],
  docs: 'docs/protocols/kafka.md',
};
