import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'esbuild';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** A row, by the name its file exports it under, and the table of the product it is for. */
export interface Row {
  table: string;
  name: string;
  from: string;
}

/** Builds the product as if these rows had been written into its tables: a line for each, and nothing else. */
export function withRows(rows: readonly Row[]): Plugin {
  return {
    name: 'rows',
    setup({ onLoad }) {
      for (const table of new Set(rows.map((row) => row.table))) {
        const filter = new RegExp(`/${table.replaceAll('.', '\\.')}$`);
        onLoad({ filter }, async () => {
          let contents = await readFile(`${ROOT}/${table}`, 'utf8');
          for (const { name, from } of rows.filter((row) => row.table === table))
            contents = add(contents, name, from);
          return { contents, loader: 'ts' };
        });
      }
    },
  };
}

/** Adds to the one list of a table's file, which is `readonly X[] = […];`. */
function add(source: string, name: string, from: string): string {
  const found = /readonly \w+\[\] = \[([^\]]*?),?\s*\];/.exec(source);
  if (!found) throw new Error('This file has no table.');
  const [list, given] = found;
  const extended = `${list.slice(0, list.indexOf('= ['))}= [${given ? `${given}, ` : ''}${name}];`;
  return `import { ${name} } from '@/${from}';\n${source.replace(list, extended)}`;
}
