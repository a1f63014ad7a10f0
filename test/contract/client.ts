import { expect } from 'vitest';
import type { z } from 'zod';
import type { Point } from '@/lib/model/points';
import { ErrorAnswer } from '@/lib/model/wire/error';
import { HistoryAnswer } from '@/lib/model/wire/history';
import { IngestAnswer } from '@/lib/write/ingest/schemas';

export interface Answer {
  status: number;
  headers: Headers;
  body: unknown;
}

export interface Send {
  type?: string;
  encoding?: string;
  key?: string;
  query?: string;
}

/** Speaks to a running server as an agent does. */
export function clientOf(url: string) {
  let names = 0;

  /** A body as it is; strings and bytes are sent untouched, anything else as JSON. */
  async function post(
    body: unknown,
    { type = 'application/json', encoding, key, query = '' }: Send = {},
  ): Promise<Answer> {
    const raw = typeof body === 'string' || body instanceof Uint8Array || body instanceof ReadableStream;
    const response = await fetch(`${url}/api/metrics${query}`, {
      method: 'POST',
      headers: {
        'content-type': type,
        ...(encoding && { 'content-encoding': encoding }),
        ...(key && { authorization: `Bearer ${key}` }),
      },
      body: raw ? (body as BodyInit) : JSON.stringify(body),
      ...(body instanceof ReadableStream && { duplex: 'half' }),
    } as RequestInit);
    return answerOf(response);
  }

  return {
    url,
    post,

    async get(path: string, headers: Record<string, string> = {}): Promise<Answer> {
      return answerOf(await fetch(`${url}${path}`, { headers }));
    },

    /** Posts and expects a 200 of the contract's shape. */
    async accepted(body: unknown, send: Send = {}): Promise<z.infer<typeof IngestAnswer>> {
      const answer = await post(body, send);
      expect(answer, JSON.stringify(answer.body)).toMatchObject({ status: 200 });
      return IngestAnswer.parse(answer.body);
    },

    /** The stored samples of a metric, all series, by time: `[timestamp, value]`. */
    async stored(metric: string, { start = 0, end = Date.now() + 900_000 } = {}): Promise<Point[]> {
      const query = new URLSearchParams({
        step: 'raw',
        start: String(start),
        end: String(end),
        maxPoints: '5000',
      });
      const answer = await answerOf(await fetch(`${url}/api/metrics/${encodeURIComponent(metric)}?${query}`));
      if (answer.status === 404) return [];
      expect(answer, JSON.stringify(answer.body)).toMatchObject({ status: 200 });
      return HistoryAnswer.parse(answer.body).series.flatMap(({ points }) => points);
    },

    /** A metric's name that no other test uses. */
    freshName(): string {
      return `test_${Date.now().toString(36)}_${names++}`;
    },
  };
}
export type Client = ReturnType<typeof clientOf>;

async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.startsWith('application/json');
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
}

/** Holds an answer against the error shape; returns its error. */
export function expectError(answer: Answer, status: number, code: string) {
  expect(answer, JSON.stringify(answer.body)).toMatchObject({ status, body: { error: { code } } });
  expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
  const { error } = ErrorAnswer.parse(answer.body);
  // Nothing of the inside: no stack, no SQL, no path of the disk.
  expect(JSON.stringify(error)).not.toMatch(
    /\bat \S+ \(|node_modules|select |insert |\/(work|home|root|tmp)\//i,
  );
  return error;
}
