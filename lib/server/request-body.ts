import type { IncomingMessage, ServerResponse } from 'node:http';
import { tooLarge } from '../access/limit/held-body';
import { PulseError } from '../model/errors';
import { SECOND } from '../model/time/duration';

/** Some clients send a few bytes with everything. */
const IGNORED_BYTES = 4_096;
const IGNORED_WITHIN_MS = 10 * SECOND;

/**
 * Lets the body of a request that needs none cost nothing: a large one is refused, another is read and dropped. Next.js
 * makes a stream of every body but that of a GET and does not take one that has been read: there it stays where it is,
 * and the connection ends with the answer.
 *
 * @throws PulseError `body_too_large`, `request_timeout`, `bad_body`
 */
export async function forgetBody(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method, headers } = request;
  const announced = Number(headers['content-length'] ?? 0);
  if (announced === 0 && headers['transfer-encoding'] === undefined) return;
  if (announced > IGNORED_BYTES) throw tooLarge(IGNORED_BYTES, ', where none is needed.');
  if (method !== 'GET' && method !== 'HEAD') return void response.setHeader('connection', 'close');
  await readToEnd(request);
  delete headers['content-length'];
  delete headers['transfer-encoding'];
}

function readToEnd(request: IncomingMessage): Promise<void> {
  return new Promise((resolve, reject) => {
    let bytes = 0;
    const timer = setTimeout(
      () => end(new PulseError('request_timeout', 'The body, which is not needed, did not come to its end.')),
      IGNORED_WITHIN_MS,
    );
    const take = (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > IGNORED_BYTES) end(tooLarge(IGNORED_BYTES, ', where none is needed.'));
    };
    const cutOff = () => end(new PulseError('bad_body', 'The connection ended before the body.'));
    const done = () => end();
    function end(error?: PulseError): void {
      clearTimeout(timer);
      request.off('data', take).off('end', done).off('close', cutOff).off('error', cutOff);
      if (error) {
        request.pause();
        reject(error);
      } else resolve();
    }
    request.on('data', take).on('end', done).on('close', cutOff).on('error', cutOff);
  });
}
