import type { Sql } from 'postgres';
import type { Run } from '@/lib/store/lane';

/** What happens to a statement: it is answered; its answer is lost; or it is, and the statement is executed later. */
export type Fate = 'answered' | 'answer lost' | 'late';

export interface AdverseOptions {
  /** A pool of enough connections. */
  sql: Sql;
  /** Resolves when the next statement may go on. */
  turn(): Promise<unknown>;
  nextFate(): Fate;
}

/**
 * A lane on a network that delays every statement and loses some answers, and that can be torn away from its server as
 * by `kill -9`: what it has sent by then may be executed, nothing more is sent.
 */
export class AdverseLane {
  private isDead = false;
  private readonly late = new Set<Promise<unknown>>();

  constructor(private readonly options: AdverseOptions) {}

  readonly run: Run = (work) => work(this.session());

  kill(): void {
    this.isDead = true;
  }

  /** Resolves when everything that was sent has been executed. */
  async settle(): Promise<void> {
    await Promise.allSettled(this.late);
  }

  /** Statements of a session are executed in the order in which they were sent; once an answer is lost, none follows. */
  private session(): Sql {
    let before: Promise<unknown> = Promise.resolve();
    let isCut = false;
    const send = (parts: TemplateStringsArray, ...values: never[]) => {
      const fate = this.options.nextFate();
      const execute = before.then(async () => {
        await this.options.turn();
        if (isCut || this.isDead) throw connectionLost();
        if (fate !== 'answered') isCut = true;
        if (fate === 'late') {
          this.note(this.options.turn().then(() => this.options.sql(parts, ...values)));
          throw connectionLost();
        }
        const answer = this.options.sql(parts, ...values).then((rows) => rows);
        this.note(answer);
        const rows = await answer;
        if (fate === 'answer lost' || this.isDead) throw connectionLost();
        return rows;
      });
      before = execute.catch(() => {});
      return execute;
    };
    return send as unknown as Sql;
  }

  private note(executing: Promise<unknown>): void {
    this.late.add(executing);
    const done = () => void this.late.delete(executing);
    executing.then(done, done);
  }
}

function connectionLost(): Error {
  return Object.assign(new Error('the connection is lost'), { code: 'CONNECTION_CLOSED' });
}
