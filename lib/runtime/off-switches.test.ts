import { expect, test } from 'vitest';
import { OffSwitches } from './off-switches';

test('what was started last ends first, each once, and one that fails keeps none of the others on', async () => {
  const ended: string[] = [];
  const offSwitches = new OffSwitches();
  const part = (name: string) => async () => {
    await null;
    ended.push(name);
  };
  offSwitches.add(part('database'));
  offSwitches.add(() => Promise.reject(new Error('it hangs')));
  offSwitches.add(part('pipeline'));
  await expect(offSwitches.close()).rejects.toThrow('it hangs');
  expect(ended).toEqual(['pipeline', 'database']);
  await offSwitches.close();
  expect(ended).toHaveLength(2);
});
