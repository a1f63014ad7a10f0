import { setTimeout as sleep } from 'node:timers/promises';
import { toPulseError } from '../../api/http';
import { writeAll } from '../../api/ingest/session';
import type { WriteTotals } from '../../api/ingest/write-totals';
import { SECOND } from '../../model/time/duration';
import type { BrokerFigures } from '../../observe/broker-figures';
import type { Root } from '../../system/root';
import { decodeMessage } from '../../write/brokers/decode';
import type { BrokerMessage, Refusal, Take } from '../../write/brokers/message';
import type { ClientName } from '../../write/clients/clients';
import type { WriteResult } from '../../write/ingest/sample';

/** Where the error does not say. */
const RETRY_MS = SECOND;
/** A message that is an error of ours so often is put aside: others would wait behind it for ever. */
const MOST_INTERNAL = 5;

/** How a broker's messages are stored: those that are given together at the same time, so that they share commits. */
export function takeFor(root: Root, figures: BrokerFigures, client: ClientName): Take {
  return async (messages, stop) => {
    const refusals = await Promise.all(messages.map((message) => takeOne(root, message, client, stop)));
    const dead = refusals.filter((refusal) => refusal !== null).length;
    figures.stored += messages.length - dead;
    figures.dead += dead;
    for (const refusal of refusals) if (refusal) root.clients.noteRefused(client, refusal);
    return refusals;
  };
}

async function takeOne(
  root: Root,
  message: BrokerMessage,
  client: ClientName,
  stop: AbortSignal,
): Promise<Refusal | null> {
  const { settings, limits, clients } = root;
  const note = ({ accepted }: WriteTotals) => clients.noteTaken(client, accepted);
  const source = () => decodeMessage(message, settings.MAX_BODY_BYTES, limits.bodies);
  for (let internal = 0; ; ) {
    stop.throwIfAborted();
    try {
      return refusalOf(await writeAll(root.ready(), source, { note }));
    } catch (thrown) {
      const error = toPulseError(thrown);
      if (error.status < 500) return { code: error.code, message: error.message };
      if (error.code === 'internal' && ++internal === MOST_INTERNAL)
        return { code: error.code, message: error.message };
      await sleep(error.retryAfterMs ?? RETRY_MS, undefined, { signal: stop });
    }
  }
}

/** What could be stored of it is. */
function refusalOf({ accepted, rejected, errors }: WriteResult): Refusal | null {
  if (rejected === 0) return null;
  const [{ index, code, message }] = errors;
  return { code, message: `${rejected} of ${accepted + rejected} are refused; number ${index}: ${message}` };
}
