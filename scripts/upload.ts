import { failureReason, type Poster, type PostResponse } from '../lib/agent/post';
import { classifyResponse, type PostOutcome } from '../lib/agent/post-outcome';
import { SECOND } from '../lib/model/time/duration';

/** How often in a row a body is posted before giving up: about a minute and a half. */
const ATTEMPTS = 12;
const LONGEST_WAIT_MS = 10 * SECOND;

/** What became of uploaded samples. */
export interface UploadTotals {
  accepted: number;
  duplicates: number;
  rejected: number;
  /** code → what the server said about the first sample rejected for it. */
  reasons: Map<string, string>;
}

export function emptyTotals(): UploadTotals {
  return { accepted: 0, duplicates: 0, rejected: 0, reasons: new Map() };
}

/**
 * Posts lines of NDJSON holding `samples` samples and adds what became of them to `totals`. A server that is away or
 * busy is asked again, for about a minute and a half. Throws a sentence when it never took them.
 */
export async function upload(
  poster: Poster,
  lines: string[],
  samples: number,
  totals: UploadTotals,
): Promise<void> {
  const body = Buffer.from(`${lines.join('\n')}\n`);
  for (let attempt = 1; ; attempt++) {
    const { answer, outcome } = await attemptPost(poster, body);
    if (answer && outcome.kind !== 'later' && outcome.kind !== 'too_large') {
      addTo(totals, answer, samples);
      return;
    }
    const reason = outcome.kind === 'later' ? outcome.reason : 'it takes no body of this size';
    const isHopeless = outcome.kind === 'too_large' || [401, 403, 404].includes(answer?.status ?? 0);
    if (isHopeless || attempt === ATTEMPTS)
      throw new Error(`The server does not take the samples: ${reason}`);
    const afterMs = outcome.kind === 'later' ? outcome.afterMs : null;
    const waitMs = afterMs ?? Math.min(LONGEST_WAIT_MS, 250 * 2 ** attempt);
    await new Promise((resolve) => setTimeout(resolve, waitMs));
  }
}

async function attemptPost(
  poster: Poster,
  body: Buffer,
): Promise<{ answer: PostResponse | null; outcome: PostOutcome }> {
  try {
    const answer = await poster.post(body, {
      'content-type': 'application/x-ndjson',
      'content-length': String(body.length),
    });
    return { answer, outcome: classifyResponse(answer) };
  } catch (error) {
    return { answer: null, outcome: { kind: 'later', reason: failureReason(error), afterMs: null } };
  }
}

interface Complaint {
  code: string;
  message: string;
}

function addTo(totals: UploadTotals, { status, body }: PostResponse, samples: number): void {
  if (status === 200) {
    const counts = body as { accepted: number; duplicates: number; rejected: number; errors?: Complaint[] };
    totals.accepted += counts.accepted;
    totals.duplicates += counts.duplicates;
    totals.rejected += counts.rejected;
    noteReasons(totals, counts.errors ?? []);
    return;
  }
  const { error } = (body ?? {}) as { error?: Complaint & { details?: Complaint[] } };
  totals.rejected += samples;
  const named = error?.details?.filter(({ code }) => code) ?? [];
  noteReasons(totals, named.length > 0 ? named : error ? [error] : []);
}

function noteReasons({ reasons }: UploadTotals, complaints: Complaint[]): void {
  for (const { code, message } of complaints) if (!reasons.has(code)) reasons.set(code, message);
}
