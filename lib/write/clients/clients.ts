import type { ProtocolId } from '../../model/protocols/protocols';
import { CLIENT_TEXT, type Client, type Refusal } from '../../model/wire/clients';
import { ClientsOfProtocol } from './of-protocol';

/** Who sends: the protocol, and how the program names itself, where the protocol lets it. */
export interface ClientName {
  /** Null for one that people are told nothing of: then nothing is noted. */
  protocol: ProtocolId | null;
  /** The header, as it was sent. */
  userAgent?: string;
}

/** Why something was not taken. */
export type Reason = Pick<Refusal, 'code' | 'message'> & { status?: number };

/**
 * Who sends to this node, what was taken of it, and what was refused, since the server started. To note what was taken
 * costs two look-ups in a map.
 */
export class Clients {
  /** Grows with whatever is noted. */
  changes = 0;
  private readonly protocols = new Map<string, ClientsOfProtocol>();

  /** @param samples how many were taken, of events: how many of those. 0 is nothing to note */
  noteTaken({ protocol, userAgent = '' }: ClientName, samples: number, now = Date.now()): void {
    if (samples === 0 || protocol === null) return;
    const client = this.of(protocol).find(userAgent, true, now);
    client.samples += samples;
    client.firstAt ??= now;
    client.lastAt = now;
    this.changes++;
  }

  noteRefused({ protocol, userAgent = '' }: ClientName, reason: Reason, now = Date.now()): void {
    if (protocol === null) return;
    const client = this.of(protocol).find(userAgent, false, now);
    client.refused++;
    client.refusal = {
      at: now,
      status: reason.status ?? null,
      code: reason.code,
      message: plainText(reason.message),
    };
    this.changes++;
  }

  /** As of now; not to be changed. */
  list(): Client[] {
    return [...this.protocols.values()].flatMap((clients) => clients.list());
  }

  private of(protocol: ProtocolId): ClientsOfProtocol {
    let clients = this.protocols.get(protocol);
    if (!clients) {
      clients = new ClientsOfProtocol(protocol);
      this.protocols.set(protocol, clients);
    }
    return clients;
  }
}

/** Messages may quote what was sent: one line of them, without what turns or hides the text after it. */
function plainText(message: string): string {
  const line = message.slice(0, 4 * CLIENT_TEXT.message).replace(/[\p{C}\p{Z}]+/gu, ' ');
  return line.length <= CLIENT_TEXT.message ? line : `${line.slice(0, CLIENT_TEXT.message - 1)}…`;
}
