import { expect, test } from 'vitest';
import { startKafka } from '../support/kafka';
import { openPasteScene, typeInShell } from '../support/pasted';

test('what is pasted for kcat arrives', async () => {
  const kafka = await startKafka();
  const settings = { KAFKA_BROKERS: kafka.brokers, KAFKA_SAMPLES_TOPIC: 'metrics' };
  const scene = await openPasteScene(settings);
  try {
    // The config names a broker that is nowhere.
    const typed = scene.config('kafka', 'A shell').replace('kafka-1:9092', kafka.brokers.split(',')[0]);
    await typeInShell(typed);
    expect(await scene.heard.samplesOf('', 'kafka')).toBe(1);
  } finally {
    await scene.close();
    await kafka.close();
  }
});
