import { randomUUID } from 'node:crypto';
import type { ISql } from 'postgres';
import { SECOND } from '../../model/time/duration';
import { log } from '../../observe/log';
import { outsideRequests } from '../../observe/request-id';
import type { Lane } from '../lane';
import { LIMIT_MS } from '../limits';
import { readIntents } from './announce';
import type { Heads } from './heads';
import { Intents } from './intents';
import { SEEN_EVERY_MS } from './presence';
import { joinAppends, leaveAppends, loadHeads, noteWriter } from './turn';

const NOTE_MS = 2 * SECOND;

/** A stretch of time in which one rule says how this server knows that a sample is new. */
export interface Term {
  readonly id: string;
  /** What all servers announce; null while this server is the holder, and nobody else appends. */
  readonly intents: Intents | null;
}

export interface MembershipOptions {
  heads: Heads;
  write: Pick<Lane, 'run'>;
  /** Reads the newest samples, which may take seconds. */
  bulk: Pick<Lane, 'run'>;
  /** How often it is seen, and reads what others announced. */
  seenEveryMs?: number;
}

/**
 * This server among those that append. It follows the terms, also while it has nothing to append, and sees to it that
 * its heads know what is stored.
 */
export class Membership {
  private writer = randomUUID();
  private last: Term | null = null;
  private isOver = true;
  private joining: Promise<Term> | null = null;
  private loading: Promise<void> | null = null;
  private following: Promise<void> = Promise.resolve();
  private timer: NodeJS.Timeout | undefined;
  /** So that a database that is away is logged once. */
  private isFollowing = true;
  private isClosed = false;

  constructor(private readonly options: MembershipOptions) {}

  /** Who appends outside of any term. */
  get writerId(): string {
    return this.writer;
  }

  /** Resolves when it takes part and knows what is stored. */
  async open(): Promise<void> {
    await this.options.write.run((sql) => this.current(sql));
    await this.load();
    this.follow();
  }

  /** The term of the moment; joins the next one where it is over. */
  async current(sql: ISql): Promise<Term> {
    if (this.last && !this.isOver) return this.last;
    this.joining ??= this.join(sql).finally(() => {
      this.joining = null;
    });
    return this.joining;
  }

  isCurrent(term: Term): boolean {
    return this.last === term && !this.isOver;
  }

  /** The database refused something of this term. */
  end(term: Term): void {
    if (this.last === term) this.isOver = true;
  }

  /**
   * A holder's append has no answer. The database may still execute it, at any time, and is told that its samples are
   * new. So there has to be another term before they may be sent again.
   */
  renounce(term: Term): void {
    if (!this.isCurrent(term)) return;
    this.isOver = true;
    this.writer = randomUUID();
  }

  async close(): Promise<void> {
    this.isClosed = true;
    clearTimeout(this.timer);
    await Promise.all([this.following, this.loading]);
    try {
      await this.options.write.run((sql) => leaveAppends(sql, this.writer), { limitMs: NOTE_MS });
    } catch (error) {
      log().warn({ err: error }, 'this server still counts as one that appends, until it has not been seen');
    }
  }

  private async join(sql: ISql): Promise<Term> {
    const { last } = this;
    const known = last && { term: last.id, seq: last.intents?.seen ?? 0 };
    const { term: id, isHolder, knows, since } = await joinAppends(sql, this.writer, known);
    if (!knows) this.options.heads.distrust();
    // Of one term, because it knows which intents are open.
    const term =
      last?.id === id ? last : { id, intents: isHolder ? null : new Intents(this.options.heads, since) };
    this.last = term;
    this.isOver = false;
    if (!last || (last.intents === null) !== isHolder)
      log().info({ alone: isHolder }, isHolder ? 'this server appends alone' : 'several servers append');
    return term;
  }

  private follow(): void {
    if (this.isClosed) return;
    const again = () => {
      this.following = this.look().then(() => this.follow());
    };
    const { seenEveryMs = SEEN_EVERY_MS } = this.options;
    this.timer = outsideRequests(() => setTimeout(again, seenEveryMs).unref());
  }

  private async look(): Promise<void> {
    await this.attempt(() => this.options.write.run((sql) => this.keepUp(sql), { limitMs: NOTE_MS }));
    if (this.options.heads.trusted || this.isClosed) return;
    // Not awaited: it may take longer than the others wait before they take this server for gone.
    this.loading ??= this.attempt(() => this.load()).finally(() => {
      this.loading = null;
    });
  }

  private async attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
      this.isFollowing = true;
    } catch (error) {
      if (this.isFollowing)
        log().warn({ err: error }, 'what is appended cannot be followed; samples are looked up');
      this.isFollowing = false;
    }
  }

  /** Is seen, learns what others announced, and becomes the holder when they are gone. */
  private async keepUp(sql: ISql): Promise<void> {
    const term = await this.current(sql);
    const noted = await noteWriter(sql, this.writer);
    if (term.intents) {
      const since = term.intents.seen;
      const page = await readIntents(sql, since);
      if (page && noted.term === term.id) term.intents.take(page, since);
    }
    const isAlone = term.intents !== null && !noted.hasOthers;
    if (noted.term === term.id && !isAlone) return;
    this.end(term);
    await this.current(sql);
  }

  /** Everything that this term began after is committed, or known from what is announced. */
  private async load(): Promise<void> {
    const { heads, bulk } = this.options;
    const ticket = heads.distrust();
    const found = await bulk.run(loadHeads, { limitMs: LIMIT_MS.write });
    if (found) heads.trust(ticket, found.from, found.stored);
  }
}
