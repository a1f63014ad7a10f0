import type { PausableWork } from './work';

/** Bytes handed on in one go. */
const CHUNK_BYTES = 64 * 1024;

/** Texts, each encoded in some milliseconds, one after the other as UTF-8. */
export async function encodeInPieces(texts: Iterable<string>, work: PausableWork): Promise<Buffer[]> {
  const chunks: Buffer[] = [];
  let waiting: string[] = [];
  let length = 0;
  const flush = () => {
    if (length > 0) chunks.push(Buffer.from(waiting.join('')));
    waiting = [];
    length = 0;
  };
  for (const text of texts) {
    if (work.isDue('encode')) await work.pause();
    waiting.push(text);
    length += text.length;
    if (length >= CHUNK_BYTES) flush();
  }
  flush();
  return chunks;
}

/** Entries of a list that are written in one go. */
const PIECE = 1_024;

/** The JSON of a list, in texts of some entries. */
export function* jsonOfList(items: readonly unknown[]): Generator<string> {
  yield '[';
  for (let from = 0; from < items.length; from += PIECE) {
    const text = JSON.stringify(items.slice(from, from + PIECE)).slice(1, -1);
    yield from === 0 ? text : `,${text}`;
  }
  yield ']';
}
