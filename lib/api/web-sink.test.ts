import { expect, it } from 'vitest';
import { settle } from '@/test/support/manual-clock';
import { createWebSink } from './web-sink';

const KIB = 1_024;

it('hands over what is written, and ends', async () => {
  const { body, sink } = createWebSink();
  expect(sink.write('data: 1\n\n')).toBe(true);
  sink.write('data: é\n\n');
  sink.close();
  sink.close();
  expect(await new Response(body).text()).toBe('data: 1\n\ndata: é\n\n');
});

it('says when its reader falls behind, and when it has caught up', async () => {
  const { body, sink } = createWebSink();
  let drained = 0;
  sink.onDrain(() => drained++);
  let written = 0;
  while (sink.write('x'.repeat(10 * KIB))) written++;
  expect(written).toBe(6);
  drained = 0;
  await settle();
  expect(drained).toBe(0);
  const reader = body.getReader();
  for (let i = 0; i < 4; i++) await reader.read();
  await settle();
  expect(drained).toBeGreaterThan(0);
});

it('reports when its reader leaves, and then takes nothing more', async () => {
  const { body, sink, onCancel } = createWebSink();
  let left = 0;
  onCancel(() => left++);
  const reader = body.getReader();
  sink.write('data: 1\n\n');
  await reader.read();
  await reader.cancel();
  expect(left).toBe(1);
  expect(sink.write('data: 2\n\n')).toBe(false);
  sink.close();
});
