export interface Bar {
  label: string;
  value: number;
  /** What is written at its end. */
  text: string;
  /** A figure of somebody else's, to compare with. */
  isOther?: boolean;
}

const WIDTH = 720;
const LABELS = 250;
const TEXTS = 120;
const ROW = 26;
const THICK = 16;
const HEAD = 34;

/** Horizontal bars as an SVG document that is readable on light and on dark pages. */
export function drawBars(title: string, bars: readonly Bar[]): string {
  const longest = Math.max(...bars.map(({ value }) => value), Number.MIN_VALUE);
  const scale = (WIDTH - LABELS - TEXTS) / longest;
  const rows = bars.map(({ label, value, text, isOther }, i) => {
    const top = HEAD + i * ROW;
    const middle = top + THICK / 2 + 4;
    const width = Math.max(1, value * scale);
    return [
      `<text x="${LABELS - 8}" y="${middle}" text-anchor="end">${escapeText(label)}</text>`,
      `<rect x="${LABELS}" y="${top}" width="${width.toFixed(1)}" height="${THICK}" rx="2" fill="${isOther ? '#9ca3af' : '#3b82f6'}"/>`,
      `<text x="${(LABELS + width + 6).toFixed(1)}" y="${middle}">${escapeText(text)}</text>`,
    ].join('\n');
  });
  const height = HEAD + bars.length * ROW + 4;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${escapeText(title)}" font-family="system-ui, sans-serif" font-size="13" fill="#6b7280">
<text x="0" y="18" font-size="14" font-weight="600">${escapeText(title)}</text>
${rows.join('\n')}
</svg>
`;
}

function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
