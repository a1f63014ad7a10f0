import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const readme = readFileSync('README.md', 'utf8');
const { scripts, dependencies, devDependencies } = JSON.parse(readFileSync('package.json', 'utf8'));

/** Names in code style in the first column of the tables under a heading. */
function tableUnder(heading: string): string[] {
  const section = readme.split(`## ${heading}\n`)[1].split('\n## ')[0];
  return [...section.matchAll(/^\| (`[^|]+`) \|/gm)].flatMap(([, cell]) =>
    [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name),
  );
}

it('names every setting there is, and no other', () => {
  const settings = [...readFileSync('lib/env/index.ts', 'utf8').matchAll(/^ {2}([A-Z][A-Z_]+): /gm)].map(
    ([, name]) => name,
  );
  expect(settings.length).toBeGreaterThan(10);
  expect(tableUnder('Settings').sort()).toEqual(settings.sort());
});

it('names only commands and files there are', () => {
  for (const [, script] of readme.matchAll(/npm run ([a-z0-9:]+)/g)) expect(scripts).toHaveProperty(script);
  for (const [, path] of readme.matchAll(/\]\((?!https?:|#)([^)]+)\)/g))
    expect(existsSync(path), path).toBe(true);
});

it('comes with a line for every dependency', () => {
  const lines = readFileSync('docs/dependencies.md', 'utf8');
  const named = [...lines.matchAll(/^\| (`[^|]+`) \|/gm)].flatMap(([, cell]) =>
    [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name),
  );
  expect(named.sort()).toEqual([...Object.keys(dependencies), ...Object.keys(devDependencies)].sort());
});
