import { expect } from 'vitest';
import type { Labels } from '@/lib/model/labels';
import { EventsAnswer } from '@/lib/model/wire/events';
import { HistoryAnswer } from '@/lib/model/wire/history';

export interface EventsAck {
  accepted: number;
  duplicates: number;
  rejected: number;
  errors?: Array<{ index: number; path: string; code: string; message: string }>;
}

/** Sends events to a running server, and asks it for them and for what was made of them. */
export function eventsClient(url: string) {
  const post = (body: unknown, headers: Record<string, string> = {}) =>
    fetch(`${url}/api/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  const read = async (path: string) => {
    const response = await fetch(`${url}${path}`);
    const text = await response.text();
    expect(response.status, text).toBe(200);
    return JSON.parse(text) as unknown;
  };
  return {
    url,
    post,
    async accepted(body: unknown, headers?: Record<string, string>): Promise<EventsAck> {
      const response = await post(body, headers);
      const text = await response.text();
      expect(response.status, text).toBe(200);
      return JSON.parse(text) as EventsAck;
    },
    async list(parameters: Record<string, string> = {}): Promise<EventsAnswer> {
      return EventsAnswer.parse(await read(`/api/events?${new URLSearchParams(parameters)}`));
    },
    /** Waits until each group has these values: another node's samples take a moment. */
    async untilFigures(
      metric: string,
      { aggregate, service, by = '' }: { aggregate: string; service: string; by?: string },
      groups: ReadonlyArray<{ labels: Labels; values: readonly unknown[] }>,
    ): Promise<void> {
      const parameters = new URLSearchParams({
        aggregate,
        by,
        match: `{service="${service}"}`,
        // All of it is in one step, but for one night in three years.
        step: '1000d',
        start: 'now-2h',
        end: String(Date.now() + 3_600_000),
      });
      const ask = async () => {
        const response = await fetch(`${url}/api/metrics/${metric}?${parameters}`);
        if (response.status === 404) return [];
        const { series } = HistoryAnswer.parse(await response.json());
        return series.map(({ labels, points }) => ({ labels, values: points.at(-1)!.slice(1) }));
      };
      await expect.poll(ask, { timeout: 20_000 }).toEqual(groups);
    },
  };
}
