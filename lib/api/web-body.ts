import { type HeldBodies, isDisconnect, tooLarge } from '../access/limit/held-body';
import { PulseError } from '../model/errors';
import { formatDuration } from '../model/time/duration';
import { linger } from './linger';
import type { ArrivingBody, ViewerRequest } from './viewer-route';

/** Limits of a body. */
export interface BodyLimit {
  maxBytes: number;
  /** The time in which all of it must arrive. */
  withinMs: number;
}

/** How long a sender that was refused may go on sending before it has its answer. */
const GO_ON_MS = 1_000;

/**
 * The text of a small body, within its limits of size and time.
 *
 * @throws PulseError `body_too_large`, `request_timeout`, `unsupported_encoding`, `bad_body`, `queue_full`
 */
export async function readText(
  { headers, arriving }: Pick<ViewerRequest, 'headers' | 'arriving'>,
  limit: BodyLimit,
  bodies: HeldBodies,
): Promise<string> {
  const { body, finish } = arriving();
  const held = bodies.open(limit.maxBytes);
  try {
    checkHead(headers, limit.maxBytes);
    for await (const chunk of within(body, limit.withinMs)) held.add(chunk);
    return held.whole().toString('utf8');
  } catch (error) {
    if (isDisconnect(error)) throw new PulseError('bad_body', 'The connection ended before the body.');
    await finish(GO_ON_MS);
    throw error;
  } finally {
    held.release();
  }
}

/**
 * A page of another site can make a browser send anything but this type without asking us first.
 *
 * @throws PulseError `unsupported_content_type`
 */
export function requireJson({ headers }: Pick<ViewerRequest, 'headers'>): void {
  const type = headers.get('content-type')?.split(';')[0].trim().toLowerCase();
  if (type !== 'application/json')
    throw new PulseError('unsupported_content_type', 'Content-Type must be application/json.');
}

/** Checks that need no byte of the body. */
function checkHead(headers: ViewerRequest['headers'], maxBytes: number): void {
  const encoding = headers.get('content-encoding')?.trim().toLowerCase() || 'identity';
  if (encoding !== 'identity')
    throw new PulseError('unsupported_encoding', 'A body is read here as it is, without a Content-Encoding.');
  if (Number(headers.get('content-length') ?? 0) > maxBytes) throw tooLarge(maxBytes);
}

/** @throws PulseError `request_timeout` */
async function* within(pieces: AsyncIterable<Uint8Array>, withinMs: number): AsyncGenerator<Uint8Array> {
  const iterator = pieces[Symbol.asyncIterator]();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const message = `The body was not there within ${formatDuration(withinMs)}.`;
    timer = setTimeout(() => reject(new PulseError('request_timeout', message)), withinMs);
  });
  try {
    for (;;) {
      const { done, value } = await Promise.race([iterator.next(), late]);
      if (done) return;
      yield value;
    }
  } finally {
    clearTimeout(timer);
    // Not waited for: it may still wait for a piece.
    void iterator.return?.();
  }
}

/** A web `Request` as what is asked of viewers' routes. */
export function fromWeb(request: Request): ViewerRequest {
  const { url, headers } = request;
  return { url, headers, arriving: () => webBody(request) };
}

/**
 * The body of a web `Request`. Leaving it half-read would cancel it, and Next.js then closes the connection before the
 * sender has read why; so it is left open, and `finish` reads what is still coming, until the sender sends nothing for
 * a while or `mostMs` have passed. Resolves with whether the body has ended: if not, the connection cannot be used
 * again.
 */
export function webBody({ body }: Request): ArrivingBody {
  const reader = body?.getReader();
  let ended = reader === undefined;

  async function* chunks(): AsyncGenerator<Uint8Array> {
    while (reader) {
      const { done, value } = await reader.read();
      ended = done;
      if (done) return;
      yield value;
    }
  }

  async function readOn(isOver: () => boolean, onBytes: (bytes: number) => void): Promise<void> {
    try {
      while (reader && !ended && !isOver()) {
        const { done, value } = await reader.read();
        ended = done;
        onBytes(value?.length ?? 0);
      }
    } catch {
      // The sender disconnected, which ends its body as well.
    }
  }

  return {
    body: chunks(),
    async finish(mostMs) {
      if (ended) return true;
      await new Promise<void>((resolve) => {
        let isOver = false;
        const end = () => {
          isOver = true;
          lingering.stop();
          clearTimeout(longest);
          resolve();
        };
        const lingering = linger(end);
        const longest = mostMs === undefined ? undefined : setTimeout(end, mostMs);
        void readOn(() => isOver, lingering.onBytes).then(end);
      });
      return ended;
    },
  };
}
