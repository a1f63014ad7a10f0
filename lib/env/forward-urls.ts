/** FORWARD_URL: addresses of remote write, separated by commas; null when one is none. */
export function parseForwardUrls(text: string): string[] | null {
  const urls = text
    .split(',')
    .map((each) => each.trim())
    .filter(Boolean);
  const isAddress = (url: string) => /^https?:\/\//.test(url) && URL.canParse(url);
  return urls.every(isAddress) ? urls : null;
}
