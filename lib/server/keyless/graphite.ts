import { isUtf8 } from 'node:buffer';
import { openIngestSession } from '../../api/ingest/session';
import { log } from '../../observe/log';
import type { Root } from '../../system/root';
import type { ClientName, Reason } from '../../write/clients/clients';
import { readGraphiteLine } from '../../write/ingest/graphite/line';
import { type Line, readLines } from '../../write/ingest/lines';
import type { DecodedSamples } from '../../write/ingest/sample';
import type { Listener } from '../listener';
import { listenForLines } from './connections';
import { giveUpAfterStop, warnOfReach } from './give-up';
import { writePatiently } from './write-patiently';

const MOST_LINE_BYTES = 8_192;

const CLIENT: ClientName = { protocol: 'graphite' };
const MALFORMED: Reason = {
  code: 'malformed',
  message: 'A line was not of the form "metric value seconds", was longer than 8 KiB, or was not UTF-8.',
};

/** Graphite's plaintext over TCP. What cannot be written yet is tried again, and nothing more is read meanwhile. */
export const graphiteListener: Listener = {
  name: 'Graphite',
  async start(root) {
    const { GRAPHITE_PORT: port, KEYLESS_HOST: host } = root.settings;
    if (!port) return null;
    const { figures } = root;
    const giveUp = giveUpAfterStop();
    const take = (pieces: AsyncIterable<Uint8Array>, address: string) =>
      takeLines(root, pieces, address, giveUp.signal);
    const close = await listenForLines({ host, port, name: 'GRAPHITE_PORT', figures, take });
    warnOfReach('Graphite', host, port);
    return () => {
      giveUp.begin();
      return close();
    };
  },
};

async function takeLines(
  root: Root,
  pieces: AsyncIterable<Uint8Array>,
  address: string,
  giveUp: AbortSignal,
): Promise<void> {
  const session = openIngestSession(root, { key: null, address, ...CLIENT });
  const noteRefused = (reason: Reason) => root.clients.noteRefused(CLIENT, reason);
  for await (const lines of readLines(pieces, MOST_LINE_BYTES, root.limits.bodies)) {
    const decoded = decode(root, lines);
    if (decoded.samples.length === 0) continue;
    if (await writePatiently(session, () => decoded, giveUp, noteRefused)) continue;
    root.figures.keylessLost.add('graphite', decoded.samples.length);
    log().warn({ address, samples: decoded.samples.length }, 'samples of Graphite could not be stored');
  }
}

function decode({ figures, clients }: Root, lines: readonly Line[]): DecodedSamples {
  const decoded: DecodedSamples = { samples: [], errors: [] };
  const { samples } = decoded;
  const now = Date.now();
  let isMalformed = false;
  for (const { bytes } of lines) {
    const text = bytes && isUtf8(bytes) ? bytes.toString('utf8').trim() : null;
    if (text === '') continue;
    const line = text === null ? null : readGraphiteLine(text, now);
    figures.graphiteLines.add(line ? 'taken' : 'malformed');
    isMalformed ||= line === null;
    if (line && Number.isFinite(line.value)) samples.push({ index: samples.length, ...line });
  }
  if (isMalformed) clients.noteRefused(CLIENT, MALFORMED);
  return decoded;
}
