/**
 * The records of a CSV text (RFC 4180: quoted fields may hold commas, quotes and line breaks), each with the number of
 * bytes of input read so far. An empty line is no record.
 */
export async function* readRecords(
  input: AsyncIterable<Buffer>,
): AsyncGenerator<{ fields: string[]; bytesRead: number }> {
  /** A record whose quotes are still open at the end of its line. */
  let open: string | null = null;
  for await (const { line, bytesRead } of readLines(input)) {
    const record: string = open === null ? line : `${open}\n${line}`;
    open = hasOpenQuote(record) ? record : null;
    if (open === null && record !== '') yield { fields: fieldsOf(record), bytesRead };
  }
  if (open !== null) throw new Error('The file ends inside a quoted field.');
}

/** Lines without their line breaks. */
async function* readLines(input: AsyncIterable<Buffer>): AsyncGenerator<{ line: string; bytesRead: number }> {
  const decoder = new TextDecoder();
  let rest = '';
  let bytesRead = 0;
  for await (const chunk of input) {
    bytesRead += chunk.length;
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) yield { line: line.replace(/\r$/, ''), bytesRead };
  }
  yield { line: rest + decoder.decode(), bytesRead };
}

function hasOpenQuote(record: string): boolean {
  return record.includes('"') && record.split('"').length % 2 === 0;
}

function fieldsOf(record: string): string[] {
  if (!record.includes('"')) return record.split(',');
  const fields: string[] = [];
  for (const [, quoted, plain] of record.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)) {
    fields.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
  }
  return fields;
}
