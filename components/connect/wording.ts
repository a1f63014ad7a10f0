import { formatCount } from '@/lib/model/format';
import type { Protocol } from '@/lib/model/protocols/protocol';
import { PROTOCOLS, type ProtocolId } from '@/lib/model/protocols/protocols';
import { HOUR } from '@/lib/model/time/duration';
import type { Client, Refusal } from '@/lib/model/wire/clients';

/** Null for one of another version of the server, which this page knows nothing of. */
export function protocolOf({ protocol }: Client): Protocol | null {
  return Object.hasOwn(PROTOCOLS, protocol) ? PROTOCOLS[protocol as ProtocolId] : null;
}

/** `Prometheus/2.42.0`; null where its protocol has no names. */
export function nameOf(client: Client): string | null {
  const { product, version, isRest } = client;
  if (isRest) return 'further programs';
  if (product) return version ? `${product}/${version}` : product;
  const isNameless = protocolOf(client)?.arrives.settings !== undefined;
  return isNameless ? null : 'a program that does not name itself';
}

/** `12 samples`. */
export function amountOf(client: Client): string {
  const { samples } = client;
  const things = protocolOf(client)?.arrives.counts ?? 'samples';
  return `${formatCount(samples)} ${samples === 1 ? things.slice(0, -1) : things}`;
}

/** `401, unauthorized`. */
export function codeOf({ status, code }: Refusal): string {
  const words = code.replaceAll('_', ' ');
  return status === null ? words : `${status}, ${words}`;
}

/** Whether the last that is known of a client is that it was refused, and not long ago. */
export function isRefusedNow({ refusal, lastAt }: Client, now: number): boolean {
  return refusal !== null && refusal.at >= (lastAt ?? 0) && now - refusal.at < HOUR;
}
