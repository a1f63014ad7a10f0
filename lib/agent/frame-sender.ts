import { SECOND } from '../model/time/duration';
import type { Backlog } from './backlog';
import { type FrameAnswer, FrameConnection, UpgradeRefusal } from './frame-connection';
import { failureReason } from './post';
import { describeRejected } from './post-outcome';
import type { Sender } from './sender';
import { Trouble } from './trouble';

/** Frames that may wait for their answers: enough to catch up quickly. */
const MOST_OUTSTANDING = 64;
const MOST_UNSENT_BYTES = 2 ** 18;
/** A server that does not answer the oldest frame within this time has gone. */
const ANSWER_WITHIN_MS = 30 * SECOND;
/** A wrong key or address is not corrected within seconds. */
const CONFIGURATION_RETRY_MS = 30 * SECOND;
const TOO_LARGE = 1009;

export interface FrameSenderOptions {
  /** Ticks with their number as `seq`. */
  backlog: Backlog;
  /** `frameUrl`. */
  url: URL;
  key?: string;
  say: (message: string) => void;
}

/** Why nothing more goes now. */
interface Later {
  reason: string;
  afterMs: number | null;
}

/**
 * Empties the backlog in order over one connection, several frames at a time. What is not acknowledged when the
 * connection ends, or the server wants it later, is sent again, from the first such frame on.
 */
export class FrameSender implements Sender {
  private connection: FrameConnection | null = null;
  /** The frames that were sent on this connection and are not answered, by their numbers. */
  private outstanding: number[] = [];
  private nextToSend = 0;
  private mostOutstanding = MOST_OUTSTANDING;
  private later: Later | null = null;
  private isClosed = false;
  private running: Promise<void> | null = null;
  private patience: NodeJS.Timeout | undefined;
  private readonly trouble: Trouble;
  /** Ends a delivery, and a wait. */
  private delivered: () => void = () => {};
  private wakeUp: () => void = () => {};

  constructor(private readonly options: FrameSenderOptions) {
    // After a server has stopped all of its senders look for another one.
    this.trouble = new Trouble(options.say, 2);
  }

  wake(): void {
    this.running ??= this.run().finally(() => {
      this.running = null;
    });
    this.pump();
  }

  close(): void {
    this.isClosed = true;
    clearTimeout(this.patience);
    this.connection?.close();
    this.delivered();
    this.wakeUp();
  }

  async idle(): Promise<void> {
    await this.running;
  }

  private async run(): Promise<void> {
    while (this.options.backlog.length > 0 && !this.isClosed) {
      await this.deliver();
      if (!this.later || this.isClosed) continue;
      const { reason, afterMs } = this.later;
      await this.sleep(this.trouble.begin(reason, afterMs));
      this.later = null;
      this.nextToSend = this.options.backlog.first;
    }
  }

  /** Resolves when all is acknowledged, or nothing more goes now. */
  private async deliver(): Promise<void> {
    try {
      this.connection ??= await this.open();
    } catch (error) {
      const { status = 0, retryAfterMs = null } = error instanceof UpgradeRefusal ? error : {};
      const isTemporary = status === 0 || status === 408 || status === 429 || status >= 500;
      this.later = {
        reason: failureReason(error),
        afterMs: retryAfterMs ?? (isTemporary ? null : CONFIGURATION_RETRY_MS),
      };
      return;
    }
    const done = new Promise<void>((resolve) => {
      this.delivered = resolve;
    });
    this.pump();
    await done;
  }

  private async open(): Promise<FrameConnection> {
    const { url, key } = this.options;
    const connection = await FrameConnection.open(url, {
      key,
      onAnswer: (answer) => this.take(answer),
      onEnd: (reason, code) => this.ended(reason, code),
    });
    if (this.isClosed) connection.close();
    return connection;
  }

  private pump(): void {
    const { connection, outstanding } = this;
    const { backlog } = this.options;
    if (!connection || this.later || this.isClosed) return;
    // What was dropped to make room needs no sending.
    this.nextToSend = Math.max(this.nextToSend, backlog.first);
    while (this.nextToSend < backlog.next && outstanding.length < this.mostOutstanding) {
      if (connection.unsentBytes > MOST_UNSENT_BYTES) break;
      connection.send(backlog.at(this.nextToSend)!);
      outstanding.push(this.nextToSend++);
    }
    if (outstanding.length > 0) this.patience ??= setTimeout(() => connection.cutOff(), ANSWER_WITHIN_MS);
  }

  private take(answer: FrameAnswer): void {
    const { backlog } = this.options;
    const number = this.outstanding.shift();
    this.patience?.refresh();
    if (number === undefined || (answer.seq !== null && answer.seq !== number)) {
      this.later = { reason: 'it answered another frame than was sent', afterMs: null };
      this.connection?.cutOff();
      return;
    }
    if (!this.later) this.settle(answer, number);
    this.pump();
    if (this.outstanding.length > 0) return;
    clearTimeout(this.patience);
    this.patience = undefined;
    if (this.later || backlog.length === 0) this.delivered();
  }

  /** After a frame that is to be sent again, the answers to those behind it do not count: they are sent again, too. */
  private settle(answer: FrameAnswer, number: number): void {
    const { backlog } = this.options;
    if (answer.kind === 'nack' && answer.retryAfterMs !== null) {
      this.later = { reason: answer.error.message, afterMs: answer.retryAfterMs };
      return;
    }
    this.trouble.end(backlog.length);
    this.mostOutstanding = MOST_OUTSTANDING;
    backlog.removeBefore(number + 1);
    const isRefused = answer.kind === 'nack';
    this.trouble.lost(
      isRefused ? `the server refused samples: ${answer.error.message}` : describeRejected(answer.body),
    );
  }

  private ended(reason: string, code: number): void {
    const { backlog } = this.options;
    clearTimeout(this.patience);
    this.patience = undefined;
    // It does not say which of them was too large: then they go one by one.
    if (code === TOO_LARGE && this.mostOutstanding === 1 && this.outstanding.length > 0) {
      backlog.removeBefore(this.outstanding[0] + 1);
      this.trouble.lost('one tick is more than the server takes');
    }
    if (code === TOO_LARGE) this.mostOutstanding = 1;
    this.connection = null;
    this.outstanding = [];
    this.nextToSend = backlog.first;
    if (this.running) this.later ??= { reason, afterMs: null };
    this.delivered();
  }

  private sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.wakeUp = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
