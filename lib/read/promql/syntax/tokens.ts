import { parseError } from '../errors';

/** The parser takes up to 20 us for each, most where the text is no PromQL. */
const MAX_TOKENS = 2_000;
/** What is not closed ends with the text. */
const TOKENS = /"(?:\\.|[^"\\])*"?|'(?:\\.|[^'\\])*'?|`[^`]*`?|#.*|[\w.]+|\S/g;

/**
 * A query as the grammar knows it: that has no `2.`, which Prometheus has. A blank in place of the point says the same.
 * @throws PromqlError `bad_data` where it is too much to parse
 */
export function readable(text: string): string {
  let count = 0;
  const known = text.replace(TOKENS, (token) => {
    count++;
    return /^\d+\.$/.test(token) ? `${token.slice(0, -1)} ` : token;
  });
  if (count > MAX_TOKENS)
    throw parseError(text, { from: 0, to: text.length }, `more than ${MAX_TOKENS} names, numbers and signs`);
  return known;
}
