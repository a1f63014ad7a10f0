import { type ClientRequest, get } from 'node:http';
import type { z } from 'zod';
import type { Point } from '@/lib/model/points';
import { HistoryAnswer } from '@/lib/model/wire/history';

type Answer = z.infer<typeof HistoryAnswer>;

interface Group {
  labels: Record<string, string>;
  points: Point[];
}

/**
 * Somebody who watches one question as a page does: reads its history, folds the stream's upserts into it, comes back
 * after every interruption with the last event's id, and reads history again when it is reset. Every connection goes to
 * whichever server comes next: there are no sticky sessions.
 */
export class Viewer {
  /** `group t` → value. */
  readonly points = new Map<string, number>();
  readonly statuses: Array<{ state: string; reason?: string }> = [];
  resets = 0;
  connects = 0;
  upserts = 0;
  private lastEventId = '';
  private request: ClientRequest | undefined;
  private closed = false;
  /** Ends the present connection without coming back. */
  private leave = () => {};

  constructor(
    /** The server for the next connection. */
    private readonly next: () => string,
    private readonly question: Record<string, string>,
    private readonly headers: Record<string, string> = {},
  ) {}

  async open(): Promise<void> {
    await this.readHistory();
    this.connect();
  }

  close(): void {
    this.closed = true;
    this.request?.destroy();
  }

  /** History first, then the stream from there: an older answer must not be folded over a newer upsert. */
  private async startAnew(): Promise<void> {
    this.leave();
    await this.readHistory();
    this.connect();
  }

  private async readHistory(): Promise<void> {
    for (;;) {
      const answer = await askHistory(this.next(), this.question, this.headers).catch(() => null);
      if (answer) {
        this.fold(answer.series);
        this.lastEventId = String(answer.cursor);
        return;
      }
      if (this.closed) return;
      await sleep(200);
    }
  }

  private connect(): void {
    if (this.closed) return;
    this.connects++;
    const search = new URLSearchParams({
      q: new URLSearchParams(this.question).toString(),
      tick: '200',
    });
    const url = `${this.next()}/api/live?${search}`;
    const headers = { ...this.headers, 'last-event-id': this.lastEventId };
    let isOver = false;
    const comeBack = () => {
      if (!isOver) setTimeout(() => this.connect(), 100);
      isOver = true;
    };
    this.leave = () => {
      isOver = true;
      this.request?.destroy();
    };
    this.request = get(url, { headers, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
        for (let end = text.indexOf('\n\n'); end !== -1; end = text.indexOf('\n\n')) {
          if (!isOver) this.take(text.slice(0, end));
          text = text.slice(end + 2);
        }
      });
      response.on('error', comeBack);
      response.on('close', comeBack);
    });
    this.request.on('error', comeBack);
  }

  private take(block: string): void {
    const fields = new Map(
      block.split('\n').map((line) => {
        const at = line.indexOf(': ');
        return [line.slice(0, at), line.slice(at + 2)] as const;
      }),
    );
    const data = fields.get('data');
    if (data === undefined) return;
    this.lastEventId = fields.get('id') ?? this.lastEventId;
    const event = fields.get('event');
    if (event === 'points') this.fold(JSON.parse(data).series);
    else if (event === 'status') this.statuses.push(JSON.parse(data));
    else if (event === 'reset') {
      this.resets++;
      void this.startAnew();
    }
  }

  private fold(series: readonly Group[]): void {
    for (const { labels, points } of series) {
      for (const [t, value] of points) {
        this.upserts++;
        this.points.set(`${JSON.stringify(labels)} ${t}`, value!);
      }
    }
  }
}

/** The answer to a question, from one server. */
export async function askHistory(
  url: string,
  question: Record<string, string>,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const { metric, ...parameters } = question;
  const search = new URLSearchParams(parameters);
  const response = await fetch(`${url}/api/metrics/${encodeURIComponent(metric)}?${search}`, {
    headers,
    signal: AbortSignal.timeout(20_000),
  });
  if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`);
  return HistoryAnswer.parse(await response.json());
}

/** The same as `Viewer.points`, of an answer. */
export function pointsOf({ series }: Pick<Answer, 'series'>): Map<string, number> {
  return new Map(
    series.flatMap(({ labels, points }) =>
      points.map(([t, value]) => [`${JSON.stringify(labels)} ${t}`, value!] as const),
    ),
  );
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
