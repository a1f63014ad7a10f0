import type { OutgoingMessage, Transport } from '../bus/transport';

/** Events that wait for a slow way to the other nodes; the oldest of more are left out. */
const MAX_WAITING = 1_000;

/** Sends events in their order, what waits together. What cannot be sent is lost: an event is a hint. */
export class TopicOutbox {
  private waiting: OutgoingMessage[] = [];
  private isSending = false;

  constructor(private readonly transport: Pick<Transport, 'send'>) {}

  put(message: OutgoingMessage): void {
    this.waiting.push(message);
    if (this.waiting.length > MAX_WAITING) this.waiting.shift();
    if (!this.isSending) void this.sendWaiting();
  }

  private async sendWaiting(): Promise<void> {
    this.isSending = true;
    while (this.waiting.length > 0) {
      await this.transport.send(this.waiting.splice(0)).catch(() => {
        // The transport has its own log, and the status of the bus is down.
      });
    }
    this.isSending = false;
  }
}
