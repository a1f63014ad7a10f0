import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Result } from './result';
import { readResults } from './results';
import { SECTIONS } from './sections';

const TEMPLATE = 'bench/benchmarks.template.md';
const PAGE = 'docs/benchmarks.md';
const PLACEHOLDER = /^\{\{(\S+)\}\}$/gm;

/** Writes docs/benchmarks.md and its charts anew: the template's words with the tables of these results. */
export function renderPage(folder: string): void {
  const results = readResults(folder);
  for (const [path, text] of renderFiles(readFileSync(TEMPLATE, 'utf8'), results)) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
}

/** @returns path → text. @throws Error for a section that nobody knows */
export function renderFiles(template: string, results: readonly Result[]): Map<string, string> {
  const files = new Map<string, string>();
  const page = template.replace(PLACEHOLDER, (_all, name: string) => {
    const section = SECTIONS[name];
    if (!section) throw new Error(`The template asks for a section ${name}, which there is not.`);
    const { text, chart } = section(results);
    if (!chart) return text;
    const file = `benchmarks/${name}.svg`;
    files.set(`docs/${file}`, chart.svg);
    return `![${chart.title}](${file})\n\n${text}`;
  });
  files.set(
    PAGE,
    `<!-- Written by \`npm run bench -- load --render\` from bench/results: change ${TEMPLATE}. -->\n${page}`,
  );
  return files;
}
