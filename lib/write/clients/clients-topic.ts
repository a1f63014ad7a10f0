import { z } from 'zod';
import { defineTopic } from '../../cluster/topics/topic';
import { Client, ClientsEvent, MOST_CLIENTS } from '../../model/wire/clients';
import { Time } from '../../model/wire/shared';

/** For pages: all clients of all nodes. Published while a page looks. */
export const clientsTopic = defineTopic('clients', ClientsEvent);

/** More than a node ever has. */
const MOST_OF_NODE = 64 * (MOST_CLIENTS + 1);

/** Between nodes: the clients of one of them, and whether it wants those of the others. */
const NodeClients = z.strictObject({
  node: z.string().min(1).max(64),
  now: Time,
  wantsOthers: z.boolean(),
  clients: z.array(Client).max(MOST_OF_NODE),
});
export type NodeClients = z.infer<typeof NodeClients>;

export const nodeClientsTopic = defineTopic('clients-of-node', NodeClients);
