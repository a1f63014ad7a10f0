import type { Duplex } from 'node:stream';
import type { HeldBodies } from '@/lib/access/limit/held-body';
import { toPulseError } from '@/lib/api/http';
import type { IngestSession } from '@/lib/api/ingest/session';
import type { Labels } from '@/lib/model/labels';
import { type Line, readLines } from '@/lib/write/ingest/lines';
import { type DecodedSamples, sampleError } from '@/lib/write/ingest/sample';

const MAX_LINE_BYTES = 1_000;

/** Samples as lines, `name value`, in portions as they arrive. */
export async function* decodeLines(
  pieces: AsyncIterable<Uint8Array>,
  bodies: HeldBodies,
  labels: Labels = {},
): AsyncGenerator<DecodedSamples> {
  let index = 0;
  for await (const lines of readLines(pieces, MAX_LINE_BYTES, bodies)) {
    const decoded: DecodedSamples = { samples: [], errors: [] };
    const timestamp = Date.now();
    for (const line of lines) {
      const [name, value] = wordsOf(line);
      if (value === undefined) decoded.errors.push(sampleError(index++, '', 'bad_sample'));
      else decoded.samples.push({ index: index++, name, value: Number(value), timestamp, labels });
    }
    yield decoded;
  }
}

/** Of a connection that lasts: takes lines until it ends, and reports after each commit how many were kept. */
export async function serveLines(
  connection: Duplex,
  session: IngestSession,
  bodies: HeldBodies,
): Promise<void> {
  for await (const decoded of decodeLines(connection, bodies)) {
    try {
      const { accepted, rejected } = await session.write(() => decoded);
      connection.write(`ok ${accepted} ${rejected}\n`);
    } catch (error) {
      connection.write(`error ${toPulseError(error).code}\n`);
    }
  }
  connection.end();
}

function wordsOf({ bytes }: Line): string[] {
  return bytes?.toString('utf8').trim().split(' ') ?? [];
}
