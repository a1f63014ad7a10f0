import { MINUTE, SECOND } from '../model/time/duration';
import { log } from '../observe/log';
import { outsideRequests } from '../observe/request-id';
import { within } from '../runtime/within';
import { isFromServer, noAnswer } from './pg-errors';
import { Session, type SessionEndpoint } from './session';

const TICK_MS = SECOND / 4;
/** While a call takes longer than this, the database is asked whether it answers at all. */
const SLOW_MS = SECOND / 2;
/**
 * After so many ticks without an answer the database counts as hung: at the latest two seconds after a call began.
 * Ticks are counted, not time: a process that was itself suspended has received nothing either.
 */
const UNANSWERED_TICKS = 5;
/** After so many checks in a row that find the server idle for a waiting call, the call's connection counts as lost. */
const IDLE_CHECKS = 3;
const IDLE = /^(idle|gone)/;
const PING_MS = 2 * SECOND;
/** A connection that has not answered for so long is closed, and a new one is used. */
const UNANSWERED_MS = 3 * SECOND;

/**
 * Why a call ends without an answer: its time is over, nobody is answered, or the server does nothing for this call.
 */
export type Failure = 'timeout' | 'no_answer' | 'connection_lost';

/** A call that waits for the database. */
export interface WatchedCall {
  /** When it began, and when it times out, in ms of `performance.now()`. */
  readonly since: number;
  readonly dueAt: number;
  /** The server's process id of its connection; null when there is none yet, or when it says nothing about the call. */
  readonly pid: number | null;
  end(failure: Failure): void;
}

/**
 * Distinguishes a database that hangs from one that is slow. Statements may take long: a commit waits for a checkpoint,
 * a question reads for seconds. So the duration of a call says nothing; but a working server answers `select` on
 * another connection at once, whatever its other connections do. While a call takes more than half a second, the server
 * is asked for this, and for what it does for each call. When neither this question nor any call is answered for more
 * than a second, all calls fail together, instead of each at its own timeout.
 */
export class Watchdog {
  /** Oldest first. A new array at each change: a `Set` that grows and shrinks keeps references to what was in it. */
  private calls: readonly WatchedCall[] = [];
  private readonly idleChecks = new Map<WatchedCall, number>();
  private readonly session: Session;
  private timer: NodeJS.Timeout | undefined;
  private asking: Promise<Map<number, string>> | null = null;
  private askedAt = 0;
  private unansweredTicks = 0;

  constructor(private readonly endpoint: SessionEndpoint) {
    this.session = new Session(
      endpoint,
      { statement_timeout: UNANSWERED_MS, idle_in_transaction_session_timeout: MINUTE },
      {
        fetch_types: false,
        prepare: false,
        connection: { application_name: 'pulseboard watchdog', TimeZone: 'UTC' },
      },
    );
  }

  /** Watches a call until the returned function is called. */
  watch(call: WatchedCall): () => void {
    this.calls = [...this.calls, call];
    this.timer ??= outsideRequests(() => setInterval(() => this.tick(), TICK_MS).unref());
    return () => {
      this.calls = this.calls.filter((each) => each !== call);
      this.idleChecks.delete(call);
    };
  }

  /** The database has answered some call. */
  noteAnswer(): void {
    this.unansweredTicks = 0;
  }

  /** Resolves while the database answers. @throws the driver's error, or `noAnswer` after two seconds. */
  async ping(): Promise<void> {
    await within(this.ask(), PING_MS, noAnswer);
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    this.timer = undefined;
    await this.session.close();
  }

  private tick(): void {
    const now = performance.now();
    const [oldest] = this.calls;
    if (!oldest) {
      clearInterval(this.timer);
      this.timer = undefined;
      this.unansweredTicks = 0;
      return;
    }
    // Also while all calls are new: those before them may have timed out, each for itself.
    if (this.unansweredTicks > 0 || now - oldest.since >= SLOW_MS) this.checkAll();
    // Last: a caller may then try another way, and what was counted holds for that, too.
    for (const call of this.calls) if (now >= call.dueAt) call.end('timeout');
  }

  private checkAll(): void {
    this.unansweredTicks++;
    if (this.unansweredTicks > UNANSWERED_TICKS) this.endAll();
    else void this.check();
  }

  private endAll(): void {
    log().warn({ database: this.endpoint.name, calls: this.calls.length }, 'the database does not answer');
    this.unansweredTicks = 0;
    for (const call of this.calls) call.end('no_answer');
  }

  private async check(): Promise<void> {
    try {
      const states = await this.ask();
      for (const call of this.calls) this.checkCall(call, states);
    } catch {
      // No answer, or an error of the server, which `askNow` has noted as an answer.
    }
  }

  /** A server that is idle on the connection of a waiting call never received the statement, or its answer was lost. */
  private checkCall(call: WatchedCall, states: ReadonlyMap<number, string>): void {
    const state = call.pid === null ? undefined : states.get(call.pid);
    if (state === undefined || !IDLE.test(state)) {
      this.idleChecks.delete(call);
      return;
    }
    const checks = (this.idleChecks.get(call) ?? 0) + 1;
    this.idleChecks.set(call, checks);
    if (checks >= IDLE_CHECKS) call.end('connection_lost');
  }

  /**
   * The state of each call's connection, by its pid; while one question is under way, all callers wait for its answer.
   */
  private ask(): Promise<Map<number, string>> {
    if (this.asking) {
      if (performance.now() - this.askedAt > UNANSWERED_MS) this.session.destroy();
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
      this.noteAnswer();
      const states = new Map(pids.map((pid) => [pid, 'gone']));
      for (const { pid, state } of rows) states.set(pid, state);
      return states;
    } catch (error) {
      if (isFromServer(error)) this.noteAnswer();
      throw error;
    }
  }
}
