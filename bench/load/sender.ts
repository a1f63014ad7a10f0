import type { Message } from './message';
import type { Answer, Sent, Tally } from './tally';
import type { Wire } from './transports/transport';

/** One simulated server, or a relay of many: sends when its message is due, as many at a time as its transport may. */
export class Sender {
  private readonly inFlight: Sent[] = [];
  /** When messages were due that could not leave yet. */
  private readonly waiting: number[] = [];
  private wire: Wire | null = null;
  private lastTraffic = { sent: 0, received: 0 };
  private tally: Tally | null = null;
  private onAnswer: (() => void) | null = null;

  /** @param atATime messages without an answer at most */
  constructor(
    private readonly message: Message,
    private readonly atATime: number,
  ) {}

  attach(wire: Wire): void {
    this.wire = wire;
  }

  /** @param onAnswer called after every answer of the run */
  begin(tally: Tally, onAnswer: (() => void) | null): void {
    this.tally = tally;
    this.onAnswer = onAnswer;
  }

  get outstanding(): number {
    return this.inFlight.length + this.waiting.length;
  }

  due(dueAt: number): void {
    if (this.inFlight.length < this.atATime) this.send(dueAt, false);
    else this.waiting.push(dueAt);
  }

  /** The answer to the oldest message without one. */
  answer(answer: Answer): void {
    const sent = this.inFlight.shift();
    if (!sent) throw new Error(`an answer to nothing: ${answer.outcome}`);
    this.tally?.noteAnswer(sent, answer);
    const next = this.waiting.shift();
    if (next !== undefined) this.send(next, true);
    this.onAnswer?.();
  }

  /** The connection is gone, and with it what had no answer. */
  fail(what: string): void {
    if (!this.wire) return;
    this.close();
    this.tally?.noteError(what);
    for (let left = this.outstanding; left > 0; left--) this.tally?.noteError('unanswered');
    this.inFlight.length = this.waiting.length = 0;
    this.onAnswer?.();
  }

  close(): void {
    this.lastTraffic = this.traffic;
    this.wire?.close();
    this.wire = null;
  }

  /** Bytes so far, those of the connection's beginning included. */
  get traffic(): { sent: number; received: number } {
    return this.wire?.traffic() ?? this.lastTraffic;
  }

  private send(dueAt: number, wasHeldUp: boolean): void {
    const { wire, message } = this;
    if (!wire) {
      this.tally?.noteError('not connected');
      return;
    }
    if (wire.isBusy()) message.detach();
    message.next(Date.now());
    this.inFlight.push({ dueAt, samples: message.samples, hundredths: message.hundredths });
    wire.write(message.bytes);
    this.tally?.noteSent(dueAt, performance.now(), wasHeldUp);
  }
}
