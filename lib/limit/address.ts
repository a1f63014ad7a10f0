import { isIPv6 } from 'node:net';

/**
 * Who a request is from: the connection's other end, or behind `proxies` trusted proxies the address that the
 * outermost of them saw. What stands further left in `X-Forwarded-For` anyone could have written.
 */
export function clientAddress(
  remote: string | undefined,
  forwardedFor: string | string[] | undefined,
  proxies: number,
): string {
  const own = plain(remote ?? '');
  if (proxies === 0 || !forwardedFor) return own;
  const seen = String(forwardedFor)
    .split(',')
    .flatMap((part) => part.trim() || []);
  return plain(seen.at(-proxies) ?? seen[0] ?? own);
}

/** What counts as one sender: an IPv4 address, or the /64 of an IPv6 one, of which every customer has a whole. */
export function senderOf(address: string): string {
  if (!isIPv6(address)) return address;
  const [head, tail = ''] = address.split('%')[0].split('::');
  const groups = head.split(':').filter(Boolean);
  const after = tail.split(':').filter(Boolean);
  const missing = address.includes('::') ? 8 - groups.length - after.length : 0;
  const all = [...groups, ...Array<string>(Math.max(0, missing)).fill('0'), ...after];
  return `${all
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`;
}

/** IPv4 as IPv6 sockets show it, without its prefix. */
function plain(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '');
}
