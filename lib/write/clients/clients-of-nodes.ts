import { randomBytes } from 'node:crypto';
import type { Topics } from '../../cluster/topics/topics';
import { HOUR, SECOND } from '../../model/time/duration';
import type { Client, ClientsEvent } from '../../model/wire/clients';
import type { Clients } from './clients';
import { clientsTopic, type NodeClients, nodeClientsTopic } from './clients-topic';
import { joinClients } from './join';

/** How soon a page and other nodes hear of a change. */
const LOOK_EVERY_MS = 250;
/** Other nodes hear of further ones so often: each message costs a command of Redis. */
const TELL_EVERY_MS = SECOND;
/** An event may be lost: pages are told again after this. */
const REPEAT_MS = SECOND;
/** How often a node with a page that looks asks the others, and how long one that was asked goes on telling. */
const ASK_EVERY_MS = 5 * SECOND;
const ASKED_FOR_MS = 3 * ASK_EVERY_MS;
/** A node that is not heard of any more, and what it had received. */
const FORGET_MS = HOUR;
const MOST_NODES = 64;

interface OtherNode {
  clients: Client[];
  /** As all times below, ms of `performance.now()`. */
  heardAt: number;
}

/**
 * The clients of all nodes. They tell each other only while somebody looks: whoever has a page that does asks the others
 * for theirs, and they answer, and tell what changes, until they have not been asked for a while.
 */
export class ClientsOfNodes {
  private readonly node = randomBytes(9).toString('base64url');
  private readonly others = new Map<string, OtherNode>();
  private readonly offs: Array<() => void>;
  private timer: NodeJS.Timeout | undefined;
  private hasPages = false;
  private askedUntil = 0;
  private askedAt = 0;
  /** What other nodes were told last, of `changes`. */
  private told = { changes: 0, at: 0 };
  /** What pages were. */
  private shown = { changes: 0, news: 0, at: 0 };
  /** Grows with whatever another node tells. */
  private news = 0;

  constructor(
    private readonly own: Clients,
    private readonly topics: Topics,
  ) {
    this.offs = [
      topics.subscribe(nodeClientsTopic, ({ data }) => this.receive(data)),
      topics.whileSubscribed(clientsTopic, () => this.openPages()),
    ];
  }

  /** What this node knows now: its own, and what others have told. */
  event(): ClientsEvent {
    const now = performance.now();
    for (const [node, { heardAt }] of this.others) if (now - heardAt > FORGET_MS) this.others.delete(node);
    const others = [...this.others.values()].map(({ clients }) => clients);
    return { now: Date.now(), clients: joinClients([this.own.list(), ...others]) };
  }

  close(): void {
    for (const off of this.offs) off();
    clearInterval(this.timer);
    this.timer = undefined;
  }

  private openPages(): () => void {
    this.hasPages = true;
    this.ask();
    this.start();
    return () => {
      this.hasPages = false;
    };
  }

  private start(): void {
    this.timer ??= setInterval(() => this.tick(), LOOK_EVERY_MS);
  }

  private tick(): void {
    const now = performance.now();
    const isAsked = now < this.askedUntil;
    if (!this.hasPages && !isAsked) {
      clearInterval(this.timer);
      this.timer = undefined;
      return;
    }
    const { changes, at } = this.told;
    if (this.hasPages && now - this.askedAt >= ASK_EVERY_MS) this.ask();
    else if (isAsked && changes !== this.own.changes && now - at >= TELL_EVERY_MS) this.tell(false);
    if (this.hasPages) this.show(now);
  }

  private show(now: number): void {
    const { news, shown } = this;
    const { changes } = this.own;
    const isSame = changes === shown.changes && news === shown.news;
    if (isSame && now - shown.at < REPEAT_MS) return;
    this.shown = { changes, news, at: now };
    this.topics.publishLocally(clientsTopic, this.event());
  }

  private ask(): void {
    this.askedAt = performance.now();
    this.tell(true);
  }

  private tell(wantsOthers: boolean): void {
    const { node } = this;
    this.told = { changes: this.own.changes, at: performance.now() };
    this.topics.publish(nodeClientsTopic, {
      node,
      now: Date.now(),
      wantsOthers,
      clients: this.own.list(),
    });
  }

  private receive({ node, now: sentAt, wantsOthers, clients }: NodeClients): void {
    if (node === this.node) return;
    const now = performance.now();
    const shiftMs = Date.now() - sentAt;
    if (!this.others.has(node) && this.others.size >= MOST_NODES) this.forgetOne();
    this.others.set(node, { clients: clients.map((client) => shifted(client, shiftMs)), heardAt: now });
    this.news++;
    if (!wantsOthers) return;
    this.askedUntil = now + ASKED_FOR_MS;
    this.start();
    this.tell(false);
  }

  private forgetOne(): void {
    let oldest: [node: string, heardAt: number] | undefined;
    for (const [node, { heardAt }] of this.others)
      if (!oldest || heardAt < oldest[1]) oldest = [node, heardAt];
    if (oldest) this.others.delete(oldest[0]);
  }
}

/** Its times by our clock, which may be another than that of its node. */
function shifted(client: Client, byMs: number): Client {
  const move = (at: number | null) => at && Math.max(0, at + byMs);
  const { firstAt, lastAt, refusal } = client;
  return {
    ...client,
    firstAt: move(firstAt),
    lastAt: move(lastAt),
    refusal: refusal && { ...refusal, at: move(refusal.at) ?? 0 },
  };
}
