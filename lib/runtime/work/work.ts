import { isPulseError, PulseError } from '../../model/errors';
import { SECOND } from '../../model/time/duration';
import { STAGES, type Stage } from '../../observe/stages';
import type { Verdicts } from '../expressions';
import type { HeavyLine } from './heavy';
import type { Scheduler } from './scheduler';
import type { Turns } from './turns';

/** What one request takes at most, waiting for the database included, ms. */
const ANSWER_MS = 15 * SECOND;
/** What one request may have of the event loop, all its questions together, ms; and regular expressions of that. */
const BUDGET_MS = 5 * SECOND;
const MATCH_BUDGET_MS = 2 * SECOND;
/** Points in all answers of one request: they are in memory together. */
export const MAX_REQUEST_POINTS = 2_000_000;
/** From here on work is heavy. */
const HEAVY_MS = 100;
const HEAVY_POINTS = 20_000;
const RETRY_AFTER_MS = 2 * SECOND;

/** Why work was ended. */
export type RefusalReason = 'match' | 'time' | 'points' | 'busy' | 'gone';

/** An error that is about one request, and not about what it shares with others. */
export class Refusal extends PulseError {
  constructor(
    readonly work: Work,
    ...[code, message, options]: ConstructorParameters<typeof PulseError>
  ) {
    super(code, message, options);
  }
}

/** The work that was refused, where an error is about that; there may be several copies of its class in a process. */
export function refusedWork(error: unknown): Work | undefined {
  return isPulseError(error) && 'work' in error ? (error as Refusal).work : undefined;
}

export interface WorkOptions {
  /** Aborted when the client has gone away: then the work ends. */
  signal?: AbortSignal;
  budgetMs?: number;
  matchBudgetMs?: number;
}

/**
 * What one request makes this process do. It can be paused, so that it never holds the event loop for long; it has a
 * budget; and it ends when its client has gone. In a loop of any length:
 *
 *     for (const item of items) {
 *       if (work.isDue('group')) await work.pause();
 *       …at most a few milliseconds…
 *     }
 */
export class Work {
  private readonly turns: Turns;
  private readonly heavyLine: HeavyLine;
  readonly signal: AbortSignal | undefined;
  /** The deadline of the answer, ms of `performance.now()`. */
  readonly dueAt: number;
  private readonly budgetMs: number;
  private readonly matchBudgetMs: number;
  private spentMs = 0;
  private matchMs = 0;
  private points = 0;
  private running = 0;
  /** Goes up with every request. */
  readonly number: number;
  expectedPoints = 0;
  isHeavy = false;
  private entering: Promise<void> | null = null;
  /** The turn of the last look at the clock, and the stretch of time without a pause that it is in. */
  private turn = -1;
  private stage: Stage = STAGES[0];
  private stretchBeganAt = 0;
  private lookedAt = 0;
  /** Of the processor, when this stretch began; null where it is not measured. */
  private cpuMs: number | null = null;

  constructor(
    readonly scheduler: Scheduler,
    { signal, budgetMs = BUDGET_MS, matchBudgetMs = MATCH_BUDGET_MS }: WorkOptions = {},
  ) {
    this.signal = signal;
    this.budgetMs = budgetMs;
    this.dueAt = this.isBounded ? performance.now() + ANSWER_MS : budgetMs;
    this.matchBudgetMs = matchBudgetMs;
    this.turns = scheduler.turns;
    this.heavyLine = scheduler.heavyLine;
    this.number = scheduler.nextNumber();
  }

  /** Work of the server itself: paused like any other, and never refused. */
  static ofOurs(scheduler: Scheduler): Work {
    return new Work(scheduler, { budgetMs: Number.POSITIVE_INFINITY });
  }

  /** Until `dueAt`, ms. */
  get leftMs(): number {
    return Math.max(0, this.dueAt - performance.now());
  }

  private get isBounded(): boolean {
    return this.budgetMs < Number.POSITIVE_INFINITY;
  }

  /** Time of the event loop that this has taken so far, ms. */
  get spent(): number {
    return this.spentMs;
  }

  /** Does a piece of the work; several may be under way at a time. What it holds is released when none is. */
  async run<T>(task: (work: Work) => Promise<T> | T): Promise<T> {
    this.running++;
    try {
      return await task(this);
    } finally {
      this.running--;
      if (this.running === 0) this.letGo();
    }
  }

  /**
   * Whether it is time to `pause`. To be asked before every piece, also the first: other work may have had this turn.
   * Costs about 50 ns.
   *
   * @param stage what the time since the last look was used for.
   * @throws Refusal `too_expensive` when the budget is spent.
   */
  isDue(stage: Stage): boolean {
    const now = this.turns.now();
    const isOver = this.turns.isOver(now);
    if (this.turn === this.turns.number) this.spentMs += now - this.lookedAt;
    else this.beginStretch(now);
    this.stage = stage;
    this.lookedAt = now;
    if (this.spentMs > this.budgetMs) this.checkBudget(now);
    return isOver;
  }

  /**
   * Lets everything else go on, and resolves when it is this work's turn again.
   * @throws Refusal `too_busy` when too many others have much to do; `client_closed` when its client has gone.
   */
  async pause(): Promise<void> {
    this.endStretch();
    this.checkClient();
    if (this.spentMs >= HEAVY_MS) await this.becomeHeavy();
    await this.turns.next(this);
    this.checkClient();
    this.beginStretch(this.turns.now());
  }

  /**
   * Notes that an answer may come to so many points, before they are read.
   * @throws Refusal `too_busy`.
   */
  async expectPoints(count: number): Promise<void> {
    this.expectedPoints += count;
    if (this.expectedPoints < HEAVY_POINTS) return;
    this.endStretch();
    await this.becomeHeavy();
    this.checkClient();
  }

  /**
   * Notes that so many points are to be answered.
   * @throws Refusal `too_expensive` when they are too many altogether.
   */
  addPoints(count: number): void {
    this.points += count;
    if (this.points > MAX_REQUEST_POINTS)
      this.refuse(
        'points',
        'too_expensive',
        `This request asks for more than ${MAX_REQUEST_POINTS} points; ask for less at a time.`,
      );
  }

  /** Time that regular expressions have taken so far, ms; it is another thread's. */
  get matchingMs(): number {
    return this.matchMs;
  }

  /**
   * Tries an expression on values, at least the first of them, in the thread that all work shares.
   * @throws Refusal `too_expensive` when it takes too long, by itself or together with all before.
   */
  async match(
    expression: string,
    values: readonly string[],
    options?: { wantsGroups: boolean },
  ): Promise<Verdicts> {
    this.addMatching(0);
    const answer = await this.scheduler.expressions.match(expression, values, this, options);
    if (answer === 'too_slow') this.refuseMatching();
    if (answer.problem === undefined) this.addMatching(answer.ms);
    return answer;
  }

  private addMatching(ms: number): void {
    this.checkClient();
    this.matchMs += ms;
    if (this.matchMs > this.matchBudgetMs) this.refuseMatching();
  }

  private refuseMatching(): never {
    this.matchMs = Number.POSITIVE_INFINITY;
    this.refuse('match', 'too_expensive', 'match: the expression is too slow; write a simpler one.');
  }

  private checkBudget(now: number): void {
    // Only now it is known exactly.
    this.beginStretch(now);
    // Encoding is never refused: what it encodes is done, and `addPoints` has limited it.
    if (this.spentMs <= this.budgetMs || this.stage === 'encode') return;
    this.refuse(
      'time',
      'too_expensive',
      `This request takes more than ${this.budgetMs / SECOND} s of the server's time; ask for less at a time, narrow it with match, or ask for a shorter range.`,
    );
  }

  /** @throws Refusal `client_closed` when its client has gone. */
  checkClient(): void {
    if (this.signal?.aborted) this.refuse('gone', 'client_closed', 'Nobody waits for the answer any more.');
  }

  private becomeHeavy(): Promise<void> {
    this.entering ??= this.enterLine();
    return this.entering;
  }

  private async enterLine(): Promise<void> {
    this.isHeavy = true;
    if (!this.isBounded) return;
    const mayBegin = await this.heavyLine.enter(this);
    // All its questions have been refused meanwhile.
    if (this.running === 0) this.heavyLine.leave(this);
    if (mayBegin) return;
    this.refuse(
      'busy',
      'too_busy',
      'Too many requests as large as this one are being answered; try again shortly.',
      RETRY_AFTER_MS,
    );
  }

  private letGo(): void {
    this.endStretch();
    this.heavyLine.leave(this);
    this.isHeavy = false;
    this.entering = null;
  }

  private beginStretch(now: number): void {
    this.endStretch();
    this.turn = this.turns.number;
    this.stretchBeganAt = this.lookedAt = now;
    // A system call takes longer than most stretches: work without a budget, or far from its end, does without.
    this.cpuMs = this.isBounded && this.spentMs >= HEAVY_MS ? this.turns.cpu() : null;
  }

  private endStretch(): void {
    const ms = this.lookedAt - this.stretchBeganAt;
    if (ms === 0) return;
    this.scheduler.figures.loopStretches.observe(this.stage, ms / SECOND);
    // While other processes ran, this one used no time of the processor.
    if (this.cpuMs !== null) this.spentMs -= Math.max(0, ms - (this.turns.cpu() - this.cpuMs));
    this.stretchBeganAt = this.lookedAt;
  }

  private refuse(
    reason: RefusalReason,
    code: PulseError['code'],
    message: string,
    retryAfterMs?: number,
  ): never {
    this.scheduler.figures.refusals.add(reason);
    throw new Refusal(this, code, message, { retryAfterMs });
  }
}

/** What a loop takes that only pauses. */
export type PausableWork = Pick<Work, 'isDue' | 'pause'>;
/** What selects series, by regular expressions too. */
export type MatchingWork = PausableWork & Pick<Work, 'match'>;
/** What reads points, from the database too. */
export type ReadingWork = PausableWork & Pick<Work, 'signal' | 'dueAt' | 'checkClient'>;

/** Does what one request asks for; see `Work`. */
export function work<T>(
  scheduler: Scheduler,
  task: (work: Work) => Promise<T> | T,
  options?: WorkOptions,
): Promise<T> {
  return new Work(scheduler, options).run(task);
}
