/** Words that begin a line. */
const BREAKS =
  /^(select|from|where|group by|order by|limit|window|union all|union|(?:cross|left|full|inner) join(?: lateral)?|join)\b/;

/**
 * A statement for people: a line for each clause, indented by how deep it lies in parentheses that hold a statement;
 * and each parameter in its place.
 */
export function formatSql(text: string, parameters: readonly unknown[]): string {
  const statement = text
    .replace(/\s+/g, ' ')
    .replace(/\$(\d+)/g, (_, n: string) => `«${readable(parameters[Number(n) - 1])}»`)
    .trim();
  let lines = '';
  /** Of each open parenthesis whether it holds a statement. */
  const open: boolean[] = [];
  const newLine = () => `${lines.trimEnd()}\n${'  '.repeat(open.filter(Boolean).length)}`;
  for (let i = 0; i < statement.length; ) {
    const rest = statement.slice(i);
    const [, clause] = BREAKS.exec(rest) ?? [];
    if (rest[0] === '(') {
      open.push(/^\( ?(select|with|\()/.test(rest));
      lines += '(';
      if (open.at(-1)) lines = newLine();
      i += open.at(-1) && rest[1] === ' ' ? 2 : 1;
    } else if (rest[0] === ')') {
      if (open.pop()) lines = newLine();
      else lines = lines.trimEnd();
      lines += ')';
      i++;
    } else if (clause && /[\s(]$/.test(lines) && (open.at(-1) ?? true)) {
      lines = `${newLine()}${clause}`;
      i += clause.length;
    } else {
      lines += rest[0];
      i++;
    }
  }
  return lines.replace(/\n\s*\n/g, '\n').trim();
}

/** Epoch ms of this century as a time. */
function readable(parameter: unknown): string {
  const text = String(parameter);
  return /^1\d{12}$/.test(text) ? new Date(Number(text)).toISOString() : text;
}
