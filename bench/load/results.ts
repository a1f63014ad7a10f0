import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Result } from './result';

/** Folders of results: those that docs/benchmarks.md is written from, and everybody's own. */
export const RESULTS = { published: 'bench/results', own: '.build/bench/results' };

/** Replaces an earlier result of the same setup. */
export function saveResult(result: Result, folder: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${result.name}.json`), `${JSON.stringify(result, shorten, 2)}\n`);
}

export function readResults(folder: string): Result[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')) as Result);
}

/** No figure is known to more than four digits after the point. */
function shorten(_key: string, value: unknown): unknown {
  return typeof value === 'number' ? Number(value.toFixed(4)) : value;
}
