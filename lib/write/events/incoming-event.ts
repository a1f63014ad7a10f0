import type { Level } from '../../model/events';
import type { SampleError } from '../ingest/sample';
import type { Precision } from '../ingest/timestamp';

/** An event as it was decoded: every field is right by itself. What it lacks is null. */
export interface IncomingEvent {
  /** Its place in the body, from 0 in the order of sending. */
  readonly index: number;
  /** A UUID: made of what the sender calls the event, so that it is the same when it is sent again, or at random. */
  readonly id: string;
  /** Epoch ms. */
  readonly timestamp: number;
  readonly level: Level;
  readonly service: string;
  readonly endpoint: string | null;
  readonly message: string;
  /** Ms. */
  readonly duration: number | null;
  readonly status: number | null;
  readonly host: string | null;
  readonly traceId: string | null;
  /** Whatever else it has. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** The same as JSON; null where there is nothing. */
  readonly fieldsText: string | null;
}

export interface DecodedEvents {
  events: IncomingEvent[];
  /** The ones that could not be read as events at all. */
  errors: SampleError[];
  precision?: Precision;
}
