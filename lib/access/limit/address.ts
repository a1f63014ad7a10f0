import { isIP, isIPv4 } from 'node:net';

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
  const address = plain(withoutPort(seen.at(-proxies) ?? seen[0] ?? own));
  // What is no address is no name for a sender either: it could be anything, of any length.
  return isIP(address) === 0 ? own : address;
}

/** What counts as one sender: an IPv4 address, or the /64 of an IPv6 one, of which every customer has a whole. */
export function senderOf(address: string): string {
  if (isIP(address) !== 6) return address;
  const groups = groupsOf(address);
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  if (isMapped) return [groups[6] >> 8, groups[6] & 255, groups[7] >> 8, groups[7] & 255].join('.');
  return `${groups
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(':')}::/64`;
}

/** The eight numbers of an IPv6 address. */
function groupsOf(address: string): number[] {
  const [head, tail = []] = address.split('%')[0].split('::').map(numbersOf);
  const missing = Array<number>(Math.max(0, 8 - head.length - tail.length)).fill(0);
  return [...head, ...missing, ...tail];
}

function numbersOf(part: string): number[] {
  return part.split(':').flatMap((group) => {
    if (group === '') return [];
    if (!group.includes('.')) return Number.parseInt(group, 16);
    const [a, b, c, d] = group.split('.').map(Number);
    return [a * 256 + b, c * 256 + d];
  });
}

/** Some proxies write where from exactly: `192.0.2.1:4711`, `[2001:db8::1]:4711`. */
function withoutPort(text: string): string {
  return /^\[([^\]]*)\](?::\d+)?$/.exec(text)?.[1] ?? /^([\d.]+):\d+$/.exec(text)?.[1] ?? text;
}

/** IPv4 as IPv6 sockets show it is IPv4, however it is written. */
function plain(address: string): string {
  if (isIP(address) !== 6 || !/^[0:]*:ffff:/i.test(address)) return address;
  const sender = senderOf(address);
  return isIPv4(sender) ? sender : address;
}
