import { promisify } from 'node:util';
import zlib from 'node:zlib';
import { snappy } from '../../ingest/snappy';
import { uncompressLz4 } from './lz4';

/** What a batch of messages may become. Brokers take batches of 1 MB, and let themselves be told to take more. */
const MAX_BATCH_BYTES = 64 * 2 ** 20;

interface Codec {
  compress(): Promise<Buffer>;
  decompress(bytes: Buffer): Promise<Buffer>;
}

/** By the number that a batch has for it: those of the library are only gzip, and without bounds. */
export const codecs: Readonly<Record<number, () => Codec>> = {
  1: () => readOnly((bytes) => promisify(zlib.gunzip)(bytes, { maxOutputLength: MAX_BATCH_BYTES })),
  2: () => readOnly(uncompressSnappy),
  3: () => readOnly(async (bytes) => uncompressLz4(bytes, MAX_BATCH_BYTES)),
  4: () => readOnly(uncompressZstd),
};

function readOnly(decompress: Codec['decompress']): Codec {
  const compress = async () => {
    throw new Error('Messages are only read compressed.');
  };
  return { decompress, compress };
}

/** Java's clients put blocks behind a header of 16 bytes (snappy-java's `SnappyOutputStream`), others send one block. */
const JAVA_MAGIC = Buffer.from([0x82, ...Buffer.from('SNAPPY'), 0]);
const JAVA_HEADER_BYTES = 16;

async function uncompressSnappy(bytes: Buffer): Promise<Buffer> {
  if (!bytes.subarray(0, JAVA_MAGIC.length).equals(JAVA_MAGIC)) return snappy.whole(bytes, MAX_BATCH_BYTES);
  const blocks: Buffer[] = [];
  let room = MAX_BATCH_BYTES;
  for (let at = JAVA_HEADER_BYTES; at < bytes.length; ) {
    const length = bytes.readUInt32BE(at);
    const block = await snappy.whole(bytes.subarray(at + 4, at + 4 + length), room);
    blocks.push(block);
    room -= block.length;
    at += 4 + length;
  }
  return Buffer.concat(blocks);
}

// zstd came with Node 22.15; the types here are Node 20's.
const { zstdDecompress } = zlib as { zstdDecompress?: typeof zlib.gunzip };

async function uncompressZstd(bytes: Buffer): Promise<Buffer> {
  if (zstdDecompress) return promisify(zstdDecompress)(bytes, { maxOutputLength: MAX_BATCH_BYTES });
  throw new Error('Messages are compressed with zstd, which Node.js reads from 22.15 on.');
}
