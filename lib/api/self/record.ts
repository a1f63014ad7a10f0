import { hostname } from 'node:os';
import { SECOND } from '../../model/time/duration';
import type { Family } from '../../observe/figures';
import { log } from '../../observe/log';
import type { Root } from '../../system/root';
import type { IncomingSample } from '../../write/ingest/sample';
import { collectFamilies } from './collect';

const EVERY_MS = 10 * SECOND;

/**
 * Stores this server's own figures as metrics like any other, so that its own charts show them. They carry
 * `instance`, not `host`: a server of metrics is not one of the servers it watches. Returns the off-switch.
 */
export function startRecording(root: Root, port: number): () => void {
  const instance = `${hostname()}:${port}`;
  const { pipeline } = root.ready();
  root.recording.instance = instance;
  const timer = setInterval(() => {
    const samples = samplesOf(collectFamilies(root), instance, Date.now());
    pipeline
      .write({ samples, errors: [] })
      .catch((error) => log().debug({ err: error }, 'own figures not stored this time'));
  }, EVERY_MS);
  timer.unref();
  return () => {
    clearInterval(timer);
    root.recording.instance = null;
  };
}

/** Of a histogram its sum and count: rates of the two give its mean over time. */
export function samplesOf(
  families: readonly Family[],
  instance: string,
  timestamp: number,
): IncomingSample[] {
  const samples: IncomingSample[] = [];
  for (const { name, type, readings } of families) {
    for (const { labels, suffix = '', value } of readings) {
      if (suffix === '_bucket' || !Number.isFinite(value)) continue;
      samples.push({
        index: samples.length,
        name: `${name}${suffix}`,
        value,
        timestamp,
        labels: { ...labels, instance },
        type: type === 'histogram' ? 'counter' : type,
      });
    }
  }
  return samples;
}
