import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { bundle } from '@/test/support/server-process';
import { type Load, measureOnce, type Programs } from './measure';
import { openPulseboard } from './pulseboard';
import { renderFiles } from './render';
import { isExact, type Result } from './result';
import { readResults, saveResult } from './results';
import { SCENARIOS, type ScenarioName } from './scenarios';
import type { Scene } from './scene';

/** Every scenario for a moment: whether the benchmark works and nothing is lost. How long anything takes is not asked. */
const SERVERS = 40;
const VIEWERS = 4;

const folder = mkdtempSync(join(tmpdir(), 'pulseboard-load-test-'));
let programs: Programs;
let scene: Scene;
beforeAll(async () => {
  const [worker, viewers] = await Promise.all([bundle('bench/load/worker.ts'), bundle('bench/load.ts')]);
  programs = { worker, viewers };
  scene = await openPulseboard({ engine: 'postgres', bus: 'memory', nodes: 1 });
});
afterAll(async () => {
  await scene?.close();
  rmSync(folder, { recursive: true, force: true });
});

function loadOf(scenarioName: ScenarioName): Load {
  const scenario = { ...SCENARIOS[scenarioName] };
  // A relay of all there are.
  scenario.serversPerSender = Math.min(scenario.serversPerSender, SERVERS / 2);
  return { scenarioName, scenario, servers: SERVERS, viewers: VIEWERS, bus: 'memory', processes: 2 };
}

it.each(Object.keys(SCENARIOS) as ScenarioName[])('%s loses nothing', async (name) => {
  const pace = { everyMs: 100, seconds: 2, warmUpSeconds: 0 };
  const result = await measureOnce(programs, scene, loadOf(name), pace);
  expect(result.errors).toEqual({});
  expect(result.acknowledged.samples).toBeGreaterThan(SERVERS * 10);
  expect(result.stored).toEqual(result.acknowledged);
  expect(isExact(result)).toBe(true);

  saveResult(result, folder);
  const [saved] = readResults(folder).filter(({ scenario }) => scenario === name);
  expect(figuresOf(saved).filter((figure) => !Number.isFinite(figure))).toEqual([]);
  expect(saved.event?.seen).toBeGreaterThan(0);
});

it('is told when a sample is missing', () => {
  const [saved] = readResults(folder);
  const { samples, hundredths } = saved.stored;
  expect(isExact({ ...saved, stored: { samples: samples - 1, hundredths } })).toBe(false);
  expect(isExact({ ...saved, stored: { samples, hundredths: hundredths + 1 } })).toBe(false);
  expect(isExact({ ...saved, errors: { unanswered: 1 } })).toBe(false);
});

it('knows every section that the page asks for', () => {
  const template = readFileSync('bench/benchmarks.template.md', 'utf8');
  const page = renderFiles(template, readResults(folder)).get('docs/benchmarks.md');
  expect(page).toContain('`http1-post`');
  expect(page).not.toMatch(/\{\{|NaN|undefined/);
});

it('has a page that was written from the results beside it', () => {
  const template = readFileSync('bench/benchmarks.template.md', 'utf8');
  for (const [path, text] of renderFiles(template, readResults('bench/results')))
    expect(readFileSync(path, 'utf8'), path).toBe(text);
});

/** All numbers of a result, as JSON gave them back: what is not finite is null there. */
function figuresOf(result: Result): number[] {
  const { answered, samplesPerSecond, samplesPerCpuSecond, ack, cores, wirePerSample, diskPerSample } =
    result;
  const all = [ack, cores, wirePerSample, diskPerSample].flatMap((group) => Object.values(group));
  return [answered, samplesPerSecond, samplesPerCpuSecond, ...all].map(
    (each: number | null) => each ?? Number.NaN,
  );
}
