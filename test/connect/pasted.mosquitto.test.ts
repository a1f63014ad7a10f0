import { expect, test } from 'vitest';
import { startMosquitto } from '../support/mosquitto';
import { openPasteScene, typeInShell } from '../support/pasted';
import { until } from '../support/processes';

test('what is pasted for mosquitto_pub arrives', async () => {
  const mosquitto = await startMosquitto();
  const scene = await openPasteScene({
    MQTT_URL: mosquitto.url,
    MQTT_SAMPLES_TOPIC: 'metrics/#',
    MQTT_CLIENT_ID: 'pasted',
  });
  try {
    // Nothing is kept for a server that has not subscribed yet.
    await until(() => expect(scene.server.output()).toContain('messages are pulled'));
    // The config takes the broker to be where it is by default.
    const here = `mosquitto_pub() { command mosquitto_pub -p ${new URL(mosquitto.url).port} "$@"; }`;
    await typeInShell(`${here}\n${scene.config('mqtt', 'A shell')}`);
    expect(await scene.heard.samplesOf('', 'mqtt')).toBe(1);
  } finally {
    await scene.close();
    await mosquitto.close();
  }
});
