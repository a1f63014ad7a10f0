import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Segments, type SegmentsOptions } from '@/lib/write/spool/segments';

export function spoolFolder(): string {
  return mkdtempSync(join(tmpdir(), 'pulseboard-spool-'));
}

/** The spool's files with such an ending, oldest first. */
export function filesOf(folder: string, ending = '.spool'): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(ending))
    .sort()
    .map((name) => join(folder, name));
}

/** Writes records, each flushed by itself, in one file; returns its name. */
export async function writeSpool(folder: string, payloads: readonly Buffer[]): Promise<string> {
  const segments = await Segments.open(folder);
  for (const payload of payloads) await segments.append(payload);
  await segments.close();
  return filesOf(folder)[0];
}

/** What the version before wrote: length, four bytes of a check sum, payload. */
export function legacyRecord(payload: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32LE(payload.length, 0);
  createHash('sha256').update(payload).digest().copy(head, 4, 0, 4);
  return Buffer.concat([head, payload]);
}

export function writeLegacy(folder: string, number: number, payloads: readonly Buffer[]): string {
  const file = join(folder, `${String(number).padStart(10, '0')}.spool`);
  writeFileSync(file, Buffer.concat(payloads.map(legacyRecord)));
  return file;
}

export async function takeAll(segments: Segments): Promise<Buffer[]> {
  const taken: Buffer[] = [];
  for (;;) {
    const { payloads, end } = await segments.peek(100);
    if (payloads.length === 0) return taken;
    taken.push(...payloads);
    await segments.drop(end);
  }
}

/** Opens a spool, takes what is in it, and closes it again. */
export async function takeFrom(folder: string, options: SegmentsOptions = {}) {
  const segments = await Segments.open(folder, options);
  const taken = (await takeAll(segments)).map(String);
  const { skipped, damagedFileFigures, bytes } = segments;
  await segments.close();
  return { taken, skipped: { ...skipped }, aside: damagedFileFigures, bytes };
}

/** Changes a file's bytes as a failing disk would. */
export function spoil(file: string, how: (bytes: Buffer) => Buffer | undefined): void {
  const bytes = readFileSync(file);
  writeFileSync(file, how(bytes) ?? bytes);
}

export function flip(file: string, at: number, bit = at % 8): void {
  spoil(file, (bytes) => {
    bytes[at] ^= 1 << bit;
    return bytes;
  });
}
