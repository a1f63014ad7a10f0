import { gzipSync } from 'node:zlib';
import { ERROR_STATUS, type ErrorCode } from '@/lib/model/errors';
import { dialFrames, type FrameAnswer, FrameClient } from '../support/frame-client';
import { type Answer, type Client, clientOf, type Send } from './client';

/** Speaks to a running server as an agent with a WebSocket does: each body is a frame, its answer that of a POST. */
export function framesClientOf(url: string): Client {
  const client = clientOf(url);
  let seq = 0;

  async function post(body: unknown, { encoding, key, query }: Send = {}): Promise<Answer> {
    const dialled = await dialFrames(url, { key, query });
    if (!(dialled instanceof FrameClient))
      return { ...dialled, headers: new Headers(dialled.headers as Record<string, string>) };
    const answer = await dialled.ask(body instanceof Uint8Array ? body : frameOf(body, seq++, encoding));
    await dialled.close();
    return answerOf(answer);
  }

  return {
    ...client,
    post,
    async accepted(body, send) {
      const { status, body: answer } = await post(body, send);
      if (status !== 200) throw new Error(JSON.stringify(answer));
      return answer as Awaited<ReturnType<Client['accepted']>>;
    },
  };
}

function frameOf(body: unknown, seq: number, encoding: string | undefined): string | Uint8Array {
  const text = withSeq(typeof body === 'string' ? body : JSON.stringify(body), seq);
  return encoding === 'gzip' ? gzipSync(text) : text;
}

/** An array has no place for a number, but is the samples of a batch. */
function withSeq(json: string, seq: number): string {
  if (json.startsWith('[')) return `{"seq":${seq},"samples":${json}}`;
  return json.startsWith('{"') ? `{"seq":${seq},${json.slice(1)}` : json;
}

function answerOf({ ack, nack, retryAfterMs, ...body }: FrameAnswer): Answer {
  const headers = new Headers({ 'content-type': 'application/json; charset=utf-8' });
  if (ack !== undefined) return { status: 200, headers, body };
  return { status: ERROR_STATUS[body.error?.code as ErrorCode], headers, body };
}
