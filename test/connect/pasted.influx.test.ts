import { expect, test } from 'vitest';
import { openPasteScene, typeInShell } from '../support/pasted';
import { storedSeries } from '../support/stored-samples';

test("InfluxDB's shell sends what is pasted, and is named with its version", async () => {
  const scene = await openPasteScene();
  try {
    await typeInShell(scene.config('influx', 'The influx shell'));
    expect(await scene.heard.samplesOf('InfluxDBShell', 'influx')).toBe(1);
    const [{ labels, samples }] = await storedSeries(scene.database.url, 'cpu_usage');
    expect([labels, samples[0][1]]).toEqual([{ host: 'my-server' }, 41.5]);
  } finally {
    await scene.close();
  }
});
