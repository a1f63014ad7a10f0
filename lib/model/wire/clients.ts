import { z } from 'zod';
import { Time } from './shared';

/** How many programs are told apart for each protocol; what the others send is counted together. */
export const MOST_CLIENTS = 16;

/** Lengths of texts that a stranger may have written. */
export const CLIENT_TEXT = { product: 48, version: 24, message: 240 } as const;

/** A body, frame or scrape that was not taken, or of which a part was not. */
export const Refusal = z.strictObject({
  at: Time,
  status: z.int().nullable().meta({ description: 'Of HTTP, where the refusal was an answer of it' }),
  code: z.string().max(64),
  message: z.string().max(CLIENT_TEXT.message),
});
export type Refusal = z.infer<typeof Refusal>;

/** One program that sends, as it names itself, over one protocol: what it has sent since the server started. */
export const Client = z.strictObject({
  protocol: z.string().max(32),
  product: z.string().max(CLIENT_TEXT.product).nullable().meta({ description: 'Null: it does not say' }),
  version: z.string().max(CLIENT_TEXT.version).nullable(),
  isRest: z.boolean().meta({ description: 'All beyond those that are listed one by one' }),
  samples: z.number().nonnegative().meta({ description: 'Taken; of the protocol for events: events' }),
  firstAt: Time.nullable().meta({ description: 'When the first of them were taken' }),
  lastAt: Time.nullable(),
  refused: z.number().nonnegative().meta({ description: 'Bodies, frames, scrapes' }),
  refusal: Refusal.nullable().meta({ description: 'The newest' }),
});
export type Client = z.infer<typeof Client>;

/** The topic `clients`: the programs that send, on whichever node, those heard of last first. */
export const ClientsEvent = z.strictObject({ now: Time, clients: z.array(Client) });
export type ClientsEvent = z.infer<typeof ClientsEvent>;
