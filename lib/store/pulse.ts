import { MINUTE, SECOND } from '../model/time/duration';
import { log } from '../observe/log';
import { outsideRequests } from '../observe/request-id';
import { within } from '../runtime/within';
import { Session, type SessionEndpoint } from './session';
import { isAnswer, silence } from './trouble';

const TICK_MS = SECOND / 4;
/** A call that takes longer than this makes us ask whether the database is there at all. */
const SUSPECT_MS = SECOND / 2;
/**
 * So many ticks without a word from it, and it hangs: two seconds after a call began, at the latest. Ticks, not time: a
 * process that was held up itself has heard nothing either.
 */
const SILENT_TICKS = 5;
/** So many looks in a row at which the server was not at work for a call that waits, and their connection is lost. */
const IDLE_LOOKS = 3;
const IDLE = /^(idle|gone)/;
const PING_MS = 2 * SECOND;
/** A connection that has been silent for so long is given up, and another one asked. */
const DEAF_MS = 3 * SECOND;

/** A call that waits for the database. */
export interface Watched {
  /** When it began, and when it is to be given up, in ms of `performance.now()`. */
  readonly since: number;
  readonly dueAt: number;
  /** The connection it waits on, as the server calls it; null when there is none yet, or nothing can be said by it. */
  readonly pid: number | null;
  /** Its time is over. */
  expire(now: number): void;
  /** The database does not answer anybody. */
  hang(): void;
  /** The database answers, but knows nothing of this call. */
  lose(): void;
}

/**
 * Tells a database that hangs from one that is slow. Statements may take long: a commit waits for a checkpoint, a
 * question reads for seconds. So how long a call takes says nothing; but a server that is there answers `select` on a
 * connection of its own at once, whatever the others are doing. As long as some call takes more than half a second
 * it is asked that, and what it does for each of them. When neither it nor any call has an answer for
 * more than a second, all calls fail together, instead of each waiting for its own time to be over.
 */
export class Pulse {
  /** Oldest first. Made anew at each change: what is left of a `Set` that grows and shrinks keeps alive what was in it. */
  private calls: readonly Watched[] = [];
  private readonly idleLooks = new Map<Watched, number>();
  private readonly session: Session;
  private timer: NodeJS.Timeout | undefined;
  private asking: Promise<Map<number, string>> | null = null;
  private askedAt = 0;
  private silentTicks = 0;

  constructor(private readonly endpoint: SessionEndpoint) {
    this.session = new Session(
      endpoint,
      { statement_timeout: DEAF_MS, idle_in_transaction_session_timeout: MINUTE },
      {
        fetch_types: false,
        prepare: false,
        connection: { application_name: 'pulseboard pulse', TimeZone: 'UTC' },
      },
    );
  }

  /** Watches a call until the returned function is called. */
  watch(call: Watched): () => void {
    this.calls = [...this.calls, call];
    this.timer ??= outsideRequests(() => setInterval(() => this.tick(), TICK_MS).unref());
    return () => {
      this.calls = this.calls.filter((each) => each !== call);
      this.idleLooks.delete(call);
    };
  }

  /** The database has said something to somebody. */
  noteLife(): void {
    this.silentTicks = 0;
  }

  /** Resolves while the database answers. @throws what the driver throws, or that it does not within two seconds. */
  async ping(): Promise<void> {
    await within(this.ask(), PING_MS, silence);
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    this.timer = undefined;
    await this.session.close();
  }

  private tick(): void {
    const now = performance.now();
    for (const call of this.calls) if (now >= call.dueAt) call.expire(now);
    const [oldest] = this.calls;
    if (!oldest) {
      clearInterval(this.timer);
      this.timer = undefined;
    }
    if (!oldest || now - oldest.since < SUSPECT_MS) {
      this.silentTicks = 0;
      return;
    }
    this.silentTicks++;
    if (this.silentTicks > SILENT_TICKS) this.hang();
    else void this.look();
  }

  private hang(): void {
    log().warn({ database: this.endpoint.name, calls: this.calls.length }, 'the database does not answer');
    this.silentTicks = 0;
    for (const call of this.calls) call.hang();
  }

  private async look(): Promise<void> {
    try {
      const states = await this.ask();
      for (const call of this.calls) this.compare(call, states);
    } catch {
      // No sign of life; who hears one says so.
    }
  }

  /** A server that works for nobody on a connection has not got what was sent there, or its answer was lost. */
  private compare(call: Watched, states: ReadonlyMap<number, string>): void {
    const state = call.pid === null ? undefined : states.get(call.pid);
    if (state === undefined || !IDLE.test(state)) {
      this.idleLooks.delete(call);
      return;
    }
    const looks = (this.idleLooks.get(call) ?? 0) + 1;
    this.idleLooks.set(call, looks);
    if (looks >= IDLE_LOOKS) call.lose();
  }

  /** What each connection of a call is doing, by its pid; whoever asks meanwhile waits for the same answer. */
  private ask(): Promise<Map<number, string>> {
    if (this.asking) {
      if (performance.now() - this.askedAt > DEAF_MS) this.session.destroy();
      return this.asking;
    }
    this.askedAt = performance.now();
    this.asking = this.askNow().finally(() => {
      this.asking = null;
    });
    return this.asking;
  }

  private async askNow(): Promise<Map<number, string>> {
    try {
      await this.session.open();
      const pids = [...this.calls].flatMap(({ pid }) => pid ?? []);
      const rows = await this.session.sql<Array<{ pid: number; state: string }>>`
        select pid, state from pg_stat_activity where pid = any(${`{${pids}}`}::int4[])`;
      this.noteLife();
      const states = new Map(pids.map((pid) => [pid, 'gone']));
      for (const { pid, state } of rows) states.set(pid, state);
      return states;
    } catch (error) {
      if (isAnswer(error)) this.noteLife();
      throw error;
    }
  }
}
