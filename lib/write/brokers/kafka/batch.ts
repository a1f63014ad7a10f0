import type { EachBatchPayload, IHeaders, KafkaMessage } from 'kafkajs';
import { SECOND } from '../../../model/time/duration';
import type { BrokerFigures } from '../../../observe/broker-figures';
import { type BrokerMessage, type Take, timeOf } from '../message';
import type { DeadLetters } from './dead-letters';

/** Messages that are stored together, and share commits. */
const PORTION = { messages: 500, bytes: 4 * 2 ** 20 };
const LOOK_MS = SECOND;

export interface BatchParts {
  take: Take;
  figures: BrokerFigures;
  deadLetters: Pick<DeadLetters, 'send'>;
  eventsTopic: string | undefined;
  stop: AbortSignal;
}

/** Takes what is fetched of one partition after another. */
export class BatchTaker {
  /** Of each partition, what waits behind what was fetched last. */
  private readonly lags = new Map<string, number>();

  constructor(private readonly parts: BatchParts) {}

  /** Forgets the lag of partitions that are another node's now. */
  keepOnly(assignment: Readonly<Record<string, readonly number[]>>): void {
    const ours = Object.entries(assignment).flatMap(([topic, partitions]) =>
      partitions.map((partition) => `${topic}/${partition}`),
    );
    for (const key of this.lags.keys()) if (!ours.includes(key)) this.lags.delete(key);
    this.showLag();
  }

  /**
   * Stores a batch in portions, and commits the offset after each. The group hears of this node meanwhile, however long
   * the database takes.
   *
   * @throws what the group, or Kafka, says: what is not committed then is fetched again
   */
  async take(payload: EachBatchPayload): Promise<void> {
    const { batch, isRunning, isStale } = payload;
    const over = new AbortController();
    const signal = AbortSignal.any([over.signal, this.parts.stop]);
    const group = keepInGroup(payload, over);
    this.noteLag(payload, batch.messages[0]);
    try {
      for (const portion of portionsOf(batch.messages)) {
        if (!isRunning() || isStale() || signal.aborted) return;
        await Promise.race([this.takePortion(payload, portion, signal), group.lost]);
        this.noteLag(payload, portion[portion.length - 1]);
      }
    } catch (error) {
      if (!this.parts.stop.aborted) throw error;
    } finally {
      over.abort();
      group.leave();
    }
  }

  private async takePortion(
    payload: EachBatchPayload,
    portion: readonly KafkaMessage[],
    signal: AbortSignal,
  ): Promise<void> {
    const { topic, partition } = payload.batch;
    const what = topic === this.parts.eventsTopic ? 'events' : 'samples';
    const refusals = await this.parts.take(
      portion.map((message) => read(message, what, `kafka/${topic}/${partition}`)),
      signal,
    );
    for (const [at, refusal] of refusals.entries())
      if (refusal) await this.parts.deadLetters.send({ topic, partition, message: portion[at] }, refusal);
    // Somebody else's by now.
    if (signal.aborted) return;
    payload.resolveOffset(portion[portion.length - 1].offset);
    await payload.commitOffsetsIfNecessary(payload.uncommittedOffsets());
  }

  private noteLag({ batch }: EachBatchPayload, { offset }: KafkaMessage): void {
    const behind = BigInt(batch.highWatermark) - BigInt(offset) - 1n;
    this.lags.set(`${batch.topic}/${batch.partition}`, Math.max(0, Number(behind)));
    this.showLag();
  }

  private showLag(): void {
    this.parts.figures.lag = [...this.lags.values()].reduce((sum, lag) => sum + lag, 0);
  }
}

/** Sends heartbeats; `lost` rejects when the group wants this node to join anew. */
function keepInGroup({ heartbeat }: EachBatchPayload, over: AbortController) {
  let lose!: (reason: unknown) => void;
  const lost = new Promise<never>((_, reject) => {
    lose = reject;
  });
  lost.catch(() => undefined);
  const beat = setInterval(() => {
    heartbeat().catch((error) => {
      lose(error);
      over.abort();
    });
  }, LOOK_MS);
  return { lost, leave: () => clearInterval(beat) };
}

function* portionsOf(messages: readonly KafkaMessage[]): Generator<KafkaMessage[]> {
  let portion: KafkaMessage[] = [];
  let bytes = 0;
  for (const message of messages) {
    const size = message.value?.length ?? 0;
    if (portion.length === PORTION.messages || (portion.length > 0 && bytes + size > PORTION.bytes)) {
      yield portion;
      portion = [];
      bytes = 0;
    }
    portion.push(message);
    bytes += size;
  }
  if (portion.length > 0) yield portion;
}

/** A topic that is made anew begins again with offset 0, so the time is part of a message's name. */
function read(
  { value, headers, timestamp, offset }: KafkaMessage,
  what: BrokerMessage['what'],
  place: string,
): BrokerMessage {
  return {
    what,
    value: value ?? Buffer.alloc(0),
    contentType: headerIn(headers, 'content-type'),
    contentEncoding: headerIn(headers, 'content-encoding'),
    time: timeOf(Number(timestamp)),
    id: `${place}/${offset}/${timestamp}`,
  };
}

/** The first of this name, in whatever case. */
function headerIn(headers: IHeaders | undefined, name: string): string | undefined {
  const [, value] = Object.entries(headers ?? {}).find(([key]) => key.toLowerCase() === name) ?? [];
  return (Array.isArray(value) ? value[0] : value)?.toString();
}
