import { z } from 'zod';

/**
 * What nodes send to each other: one line of JSON with a version. A node that receives a newer version ignores the
 * message and counts it, so that nodes of two releases can run side by side while one replaces the other.
 */
export const BUS_VERSION = 1;

const head = { v: z.literal(BUS_VERSION), n: z.string().min(1).max(64) };
const ids = z.array(z.int().positive()).max(20_000);

/**
 * Committed samples of one metric, in columns. `s` numbers this node's messages of this metric; `i` are series
 * ids (the database's, so equal on every node); `t` epoch ms, each as the difference to the one before; `x` values.
 */
export const SamplesMessage = z
  .object({
    ...head,
    k: z.literal('samples'),
    m: z.string().max(200),
    s: z.int().positive(),
    i: ids,
    t: z.array(z.int()),
    x: z.array(z.number()),
  })
  .refine(({ i, t, x }) => i.length === t.length && i.length === x.length, 'columns of one length');
export type SamplesMessage = z.output<typeof SamplesMessage>;

/**
 * A heartbeat, every `every` ms: when it was sent by the sender's clock, the number of the newest message of each
 * metric published since the last one, and whether it is the last. `top` is the highest series id the sender knows.
 */
export const BeatMessage = z.object({
  ...head,
  k: z.literal('beat'),
  at: z.number(),
  every: z.int().positive(),
  sent: z.record(z.string(), z.int()),
  top: z.int().nonnegative(),
  bye: z.boolean(),
});
export type BeatMessage = z.output<typeof BeatMessage>;

const BusMessage = z.discriminatedUnion('k', [SamplesMessage, BeatMessage]);
export type BusMessage = z.output<typeof BusMessage>;

/** Of a message of a later release only its version and its sender can be relied on. */
const NewerMessage = z.object({ v: z.int().gt(BUS_VERSION), n: z.string().max(64).optional() });

export type Decoded =
  | { kind: 'message'; message: BusMessage }
  | { kind: 'newer'; node: string | undefined }
  | { kind: 'invalid' };

export function encodeMessage(message: BusMessage): string {
  return JSON.stringify(message);
}

/** Anything may come in from a shared Redis; this never throws. */
export function decodeMessage(text: string): Decoded {
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch {
    return { kind: 'invalid' };
  }
  const newer = NewerMessage.safeParse(given);
  if (newer.success) return { kind: 'newer', node: newer.data.n };
  const message = BusMessage.safeParse(given);
  return message.success ? { kind: 'message', message: message.data } : { kind: 'invalid' };
}

/** Epoch ms → differences. */
export function toDeltas(timestamps: readonly number[]): number[] {
  return timestamps.map((t, i) => (i === 0 ? t : t - timestamps[i - 1]));
}

export function fromDeltas(deltas: readonly number[]): number[] {
  let t = 0;
  return deltas.map((delta) => {
    t += delta;
    return t;
  });
}
