import { HOUR } from '../../model/time/duration';
import { type Client, MOST_CLIENTS } from '../../model/wire/clients';
import { readProduct } from './product';

/** Headers as they were sent, each with the client it is of; when there are more, they are read again. */
const MOST_HEADERS = 64;
/** Longer headers are read each time. */
const MOST_HEADER_LENGTH = 256;
/** A client that has sent, and is silent for so long, makes room for another one that sends. */
const QUIET_MS = HOUR;

/**
 * The clients of one protocol, found by their User-Agent. Anybody can call himself a thousand names, also without a key:
 * so there is a bound, and who was only refused does not take the place of one whose samples were taken.
 */
export class ClientsOfProtocol {
  private readonly byHeader = new Map<string, Client>();
  private readonly byName = new Map<string, Client>();
  private rest: Client | null = null;

  constructor(private readonly protocol: string) {}

  /** @param wasTaken whether it is about samples that were taken */
  find(userAgent: string, wasTaken: boolean, now: number): Client {
    return this.byHeader.get(userAgent) ?? this.identify(userAgent, wasTaken, now);
  }

  list(): Client[] {
    return this.rest ? [...this.byName.values(), this.rest] : [...this.byName.values()];
  }

  private identify(userAgent: string, wasTaken: boolean, now: number): Client {
    const { product, version } = readProduct(userAgent);
    const name = `${product ?? ''}/${version ?? ''}`;
    let client = this.byName.get(name);
    if (!client) {
      if (!this.makeRoom(wasTaken, now)) return this.theRest();
      client = createClient(this.protocol, { product, version });
      this.byName.set(name, client);
    }
    if (userAgent.length <= MOST_HEADER_LENGTH) {
      if (this.byHeader.size >= MOST_HEADERS) this.byHeader.clear();
      this.byHeader.set(userAgent, client);
    }
    return client;
  }

  private makeRoom(wasTaken: boolean, now: number): boolean {
    if (this.byName.size < MOST_CLIENTS) return true;
    let leaving: [name: string, client: Client] | undefined;
    for (const entry of this.byName) if (!leaving || leavesBefore(entry[1], leaving[1])) leaving = entry;
    if (!leaving) return false;
    const [name, client] = leaving;
    if (client.lastAt !== null && !(wasTaken && now - client.lastAt > QUIET_MS)) return false;
    this.byName.delete(name);
    this.byHeader.clear();
    return true;
  }

  private theRest(): Client {
    this.rest ??= { ...createClient(this.protocol, { product: null, version: null }), isRest: true };
    return this.rest;
  }
}

/** Those that were only refused first, then those that were heard of longest ago. */
function leavesBefore(a: Client, b: Client): boolean {
  if ((a.lastAt === null) !== (b.lastAt === null)) return a.lastAt === null;
  return heardAt(a) < heardAt(b);
}

/** Epoch ms. */
export function heardAt({ lastAt, refusal }: Client): number {
  return Math.max(lastAt ?? 0, refusal?.at ?? 0);
}

function createClient(protocol: string, name: Pick<Client, 'product' | 'version'>): Client {
  const nothing = { samples: 0, firstAt: null, lastAt: null, refused: 0, refusal: null };
  return { protocol, ...name, isRest: false, ...nothing };
}
