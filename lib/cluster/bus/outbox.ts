import type { SampleColumns } from '../../model/samples';
import { BUS_VERSION, encodeMessage, toDeltas } from './message';
import type { OutgoingMessage, Transport } from './transport';

/** Samples in one message: about 200 KB of JSON, well under the 1 MB at which Upstash's client gives up. */
const SAMPLES_PER_MESSAGE = 5_000;
/** Samples waiting for a slow bus; more are left out, which the numbering of messages shows to the others. */
const MAX_SAMPLES_WAITING = 200_000;

export interface OutboxOptions {
  node: string;
  transport: Transport;
  batchMs: number;
  channelOf(metric: string): string;
}

interface Waiting {
  ids: number[];
  timestamps: number[];
  values: number[];
}

/**
 * Gathers what this node commits and sends it per metric, at most every `batchMs`. One batch is under way at a time.
 * A batch that fails is not sent again: its messages keep their numbers, so the others notice the gap and read the
 * database, which they must do anyway for what was lost on the way to them.
 */
export class Outbox {
  readonly figures = { batchesSent: 0, batchesFailed: 0, samplesDropped: 0 };
  private waiting = new Map<string, Waiting>();
  private samplesWaiting = 0;
  private readonly numbers = new Map<string, number>();
  private sentSinceBeat = new Set<string>();
  private timer: NodeJS.Timeout | undefined;
  private underWay: Promise<void> | undefined;

  constructor(private readonly options: OutboxOptions) {}

  put({ series, timestamps, values }: SampleColumns): void {
    for (let i = 0; i < series.length; i++) {
      const metric = series[i].metric.name;
      let waiting = this.waiting.get(metric);
      if (!waiting) {
        waiting = { ids: [], timestamps: [], values: [] };
        this.waiting.set(metric, waiting);
      }
      if (this.samplesWaiting >= MAX_SAMPLES_WAITING) {
        this.figures.samplesDropped++;
        // Takes a number without a message: a gap, for the others to see.
        if (waiting.ids.length === 0) this.nextNumber(metric);
        continue;
      }
      waiting.ids.push(series[i].id);
      waiting.timestamps.push(timestamps[i]);
      waiting.values.push(values[i]);
      this.samplesWaiting++;
    }
    this.schedule();
  }

  /** The newest message number of every metric that got one since the last call. */
  takeNumbers(): Record<string, number> {
    const taken = Object.fromEntries(
      [...this.sentSinceBeat].map((metric) => [metric, this.numbers.get(metric)!]),
    );
    this.sentSinceBeat = new Set();
    return taken;
  }

  /** Sends what waits. */
  async flush(): Promise<void> {
    await this.underWay;
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.waiting.size > 0) await this.begin();
  }

  private schedule(): void {
    if (this.timer || this.underWay || this.waiting.size === 0) return;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      void this.begin();
    }, this.options.batchMs);
  }

  private begin(): Promise<void> {
    this.underWay = this.sendWaiting().finally(() => {
      this.underWay = undefined;
      this.schedule();
    });
    return this.underWay;
  }

  private async sendWaiting(): Promise<void> {
    const batch = this.waiting;
    this.waiting = new Map();
    this.samplesWaiting = 0;
    const { transport, channelOf } = this.options;
    try {
      const followed = await transport.followed?.([...batch.keys()].map(channelOf));
      const messages: OutgoingMessage[] = [];
      for (const [metric, waiting] of batch) {
        const channel = channelOf(metric);
        if (!followed || followed.has(channel)) messages.push(...this.encode(metric, channel, waiting));
      }
      if (messages.length === 0) return;
      await transport.send(messages);
      this.figures.batchesSent++;
    } catch {
      // The transport logs by itself. Some messages may have their numbers: each metric of the batch gets one more.
      this.figures.batchesFailed++;
      for (const metric of batch.keys()) this.nextNumber(metric);
    }
  }

  private encode(metric: string, channel: string, { ids, timestamps, values }: Waiting): OutgoingMessage[] {
    const messages: OutgoingMessage[] = [];
    for (let from = 0; from < ids.length; from += SAMPLES_PER_MESSAGE) {
      const to = from + SAMPLES_PER_MESSAGE;
      const text = encodeMessage({
        v: BUS_VERSION,
        n: this.options.node,
        k: 'samples',
        m: metric,
        s: this.nextNumber(metric),
        i: ids.slice(from, to),
        t: toDeltas(timestamps.slice(from, to)),
        x: values.slice(from, to),
      });
      messages.push({ channel, text });
    }
    return messages;
  }

  private nextNumber(metric: string): number {
    const next = (this.numbers.get(metric) ?? 0) + 1;
    this.numbers.set(metric, next);
    this.sentSinceBeat.add(metric);
    return next;
  }
}
