import type { Sender } from '../../access/limit/ingest-limit';
import type { Root } from '../../system/root';
import type { System } from '../../system/system';
import type { ClientName } from '../../write/clients/clients';
import type { DecodedEvents } from '../../write/events/incoming-event';
import type { DecodedSamples, WriteResult } from '../../write/ingest/sample';
import { WriteTotals } from './write-totals';

/** What a body holds: samples, or events that become samples. */
export type Decoded = DecodedSamples | DecodedEvents;

/** Decodes all of a request, or portions of it as they arrive. Called after the rate limit was checked. */
export type Source = () => Decoded | Promise<Decoded> | AsyncIterable<Decoded>;

const NO_HEADERS = {};

/** The session of an authorized sender, for one request or as long as a connection lasts. */
export interface IngestSession {
  /**
   * One write request: counted against its sender's rate, decoded, admitted. Resolves once every good sample, or event,
   * is committed. An error in the middle names what was kept before.
   *
   * @throws PulseError `rate_limited`, `nothing_usable`, `queue_full`, `database_unavailable`, `shutting_down`;
   * and what the source throws.
   * @param answerMs how long a commit is waited for, where the sender has waited before
   */
  write(source: Source, answerMs?: number): Promise<WriteResult>;
  /** The headers of the rate limit as of the last write, by name. */
  readonly rateHeaders: Readonly<Record<string, string>>;
}

/** The name of the key that `authorize` of the endpoint accepted, the address, and the program. */
export type SessionSender = Sender & ClientName;

export function openIngestSession(root: Root, sender: SessionSender): IngestSession {
  return new Session(root, sender);
}

class Session implements IngestSession {
  rateHeaders: Readonly<Record<string, string>> = NO_HEADERS;

  constructor(
    private readonly root: Root,
    private readonly sender: SessionSender,
  ) {}

  async write(source: Source, answerMs?: number): Promise<WriteResult> {
    const { headers, refusal } = this.root.limits.ingest.count(this.sender);
    this.rateHeaders = headers;
    if (refusal) throw refusal;
    return writeAll(this.root.ready(), source, { answerMs, note: (totals) => this.note(totals) });
  }

  /** Who is refused a whole body is told by whoever answers. */
  private note({ accepted, rejected, firstError }: WriteTotals): void {
    const { clients } = this.root;
    clients.noteTaken(this.sender, accepted);
    if (accepted > 0 && firstError) {
      const message = `${rejected} of ${accepted + rejected} were rejected; the first one: ${firstError.message}.`;
      clients.noteRefused(this.sender, { code: firstError.code, message });
    }
  }
}

export interface WriteAllOptions {
  answerMs?: number;
  /** Called at the end, also of a source that could not be written whole. */
  note?(totals: WriteTotals): void;
}

/** Decodes and commits all of a source, without counting it against a rate: see `IngestSession.write`. */
export async function writeAll(
  { pipeline, events }: Pick<System, 'pipeline' | 'events'>,
  source: Source,
  { answerMs, note }: WriteAllOptions = {},
): Promise<WriteResult> {
  let what: 'samples' | 'events' = 'samples';
  const take = (decoded: Decoded) => {
    if (!('events' in decoded)) return pipeline.write(decoded, answerMs);
    what = 'events';
    return events.write(decoded, answerMs);
  };
  const totals = new WriteTotals(() => what);
  try {
    const decoded = source();
    if (Symbol.asyncIterator in decoded) {
      for await (const portion of decoded)
        totals.add(await take(portion), 'items' in portion ? portion.items : undefined);
    } else totals.add(await take(await decoded));
    return totals.result();
  } catch (error) {
    throw totals.withTotals(error);
  } finally {
    note?.(totals);
  }
}
