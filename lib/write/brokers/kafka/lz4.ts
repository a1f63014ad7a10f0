/** lz4_Frame_format.md, lz4_Block_format.md of lz4/lz4. */
const MAGIC = 0x184d2204;
const STORED = 0x8000_0000;
const MIN_MATCH = 4;

/**
 * A frame of LZ4, as Kafka's clients send it. Checksums are not looked at: brokers look at those of batches.
 * @throws Error with `ERR_BUFFER_TOO_LARGE` beyond `maxBytes`, with `ERR_LZ4` for what is no such frame
 */
export function uncompressLz4(bytes: Buffer, maxBytes: number): Buffer {
  if (bytes.length < 7 || bytes.readUInt32LE(0) !== MAGIC) throw failed('ERR_LZ4');
  const flags = bytes[4];
  const trailerBytes = flags & 0x10 ? 4 : 0;
  const mostBytes = 1 << (8 + 2 * ((bytes[5] >> 4) & 7));
  const out = new Output(maxBytes);
  let at = 7 + (flags & 0x08 ? 8 : 0) + (flags & 0x01 ? 4 : 0);
  for (;;) {
    if (at + 4 > bytes.length) throw failed('ERR_LZ4');
    const size = bytes.readUInt32LE(at);
    at += 4;
    if (size === 0) return out.bytes.subarray(0, out.length);
    const length = size & ~STORED;
    const block = bytes.subarray(at, at + length);
    if (length < 0 || block.length < length) throw failed('ERR_LZ4');
    out.reserve(mostBytes);
    if (size >= STORED) out.literal(block, 0, length);
    else fill(out, block);
    at += length + trailerBytes;
  }
}

function fill(out: Output, block: Buffer): void {
  for (let at = 0; at < block.length; ) {
    const token = block[at++];
    const literal = longLength(block, at, token >> 4);
    out.literal(block, literal.at, literal.length);
    at = literal.at + literal.length;
    if (at >= block.length) return;
    if (at + 2 > block.length) throw failed('ERR_LZ4');
    const match = longLength(block, at + 2, token & 15);
    out.match(block.readUInt16LE(at), match.length + MIN_MATCH);
    at = match.at;
  }
}

/** Four bits of a token, and more bytes where those are all set. */
function longLength(block: Buffer, from: number, nibble: number): { length: number; at: number } {
  let length = nibble;
  let at = from;
  if (nibble < 15) return { length, at };
  for (let byte = 255; byte === 255; length += byte) {
    if (at >= block.length) throw failed('ERR_LZ4');
    byte = block[at++];
  }
  return { length, at };
}

/** Grows by blocks, and never beyond what was allowed. */
class Output {
  bytes = Buffer.alloc(0);
  length = 0;

  constructor(private readonly maxBytes: number) {}

  /** Room for a block of at most so much. */
  reserve(blockBytes: number): void {
    const wanted = Math.min(this.length + blockBytes, this.maxBytes);
    if (wanted <= this.bytes.length) return;
    const grown = Buffer.alloc(Math.min(this.maxBytes, Math.max(wanted, 2 * this.bytes.length)));
    this.bytes.copy(grown, 0, 0, this.length);
    this.bytes = grown;
  }

  literal(from: Buffer, at: number, length: number): void {
    if (at + length > from.length) throw failed('ERR_LZ4');
    this.checkRoom(length);
    from.copy(this.bytes, this.length, at, at + length);
    this.length += length;
  }

  match(offset: number, length: number): void {
    if (offset === 0 || offset > this.length) throw failed('ERR_LZ4');
    this.checkRoom(length);
    // It may repeat what it writes itself, so byte after byte.
    for (const end = this.length + length; this.length < end; this.length++)
      this.bytes[this.length] = this.bytes[this.length - offset];
  }

  private checkRoom(length: number): void {
    if (this.length + length > this.maxBytes) throw failed('ERR_BUFFER_TOO_LARGE');
    if (this.length + length > this.bytes.length) throw failed('ERR_LZ4');
  }
}

/** As those of `node:zlib` are. */
function failed(code: 'ERR_LZ4' | 'ERR_BUFFER_TOO_LARGE'): Error {
  return Object.assign(new Error('not a frame of LZ4'), { code });
}
