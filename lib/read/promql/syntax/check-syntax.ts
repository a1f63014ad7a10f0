import type { Tree } from '@lezer/common';
import { parseError } from '../errors';

/** Trees are walked by recursion. */
export const MAX_DEPTH = 200;
/** Nodes of the grammar that one expression may be wrapped in. */
const NODES_A_LEVEL = 3;

/**
 * Refuses what the grammar had to repair, and what is too deep to walk.
 * @throws PromqlError `bad_data`
 */
export function checkSyntax(tree: Tree, text: string): void {
  const cursor = tree.cursor();
  let depth = 0;
  for (;;) {
    if (cursor.type.isError) throw parseError(text, cursor, unexpectedAt(text, cursor.from));
    if (depth > MAX_DEPTH * NODES_A_LEVEL)
      throw parseError(text, cursor, 'the expression is nested too deeply');
    if (cursor.firstChild()) {
      depth++;
      continue;
    }
    while (!cursor.nextSibling()) {
      if (!cursor.parent()) return;
      depth--;
    }
  }
}

export function unexpectedAt(text: string, from: number): string {
  const token = /^\s*([\w:]+|\S|$)/.exec(text.slice(from))?.[1] ?? '';
  return token === '' ? 'unexpected end of input' : `unexpected ${JSON.stringify(token)}`;
}
