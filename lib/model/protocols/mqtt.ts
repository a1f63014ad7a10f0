import type { Protocol } from './protocol';

export const mqtt: Protocol = {
  name: 'MQTT',
  senders: 'Whatever publishes to topics of a broker of MQTT 5: this server subscribes to them',
  arrives: {
    settings: {
      MQTT_URL: 'mqtt://127.0.0.1:1883',
      MQTT_SAMPLES_TOPIC: 'metrics/#',
      MQTT_EVENTS_TOPIC: 'events',
    },
    note: 'Whoever may publish to the topics may write here, without a key.',
    counts: 'items',
  },
  configs: [
    {
      title: 'A shell, with mosquitto_pub',
      text: () =>
        `mosquitto_pub -V 5 -q 1 -t metrics/desk -m '{"name":"coffee_cups","value":1,"labels":{"host":"desk"}}'`,
    },
  ],
  docs: 'docs/protocols/mqtt.md',
};
