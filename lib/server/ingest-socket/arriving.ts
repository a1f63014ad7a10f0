import { CHUNK_BYTES } from '../../access/limit/held-body';

/**
 * How much memory the frame takes that a connection is in the middle of. The WebSocket library keeps it, and does not
 * say how much it is, so it is reckoned from the bytes that arrive and the messages that come out.
 */
export class Arriving {
  /** Of the unfinished frame, its chunks included. */
  heldBytes = 0;
  private wireBytes = 0;
  private chunks = 0;
  private lastChunk = 0;

  /** A chunk of the connection, before the library has it. */
  chunk(length: number): void {
    this.lastChunk = length;
    this.wireBytes += length;
    this.chunks++;
    this.reckon();
  }

  /** A message that came out of the last chunk, and perhaps of others before it. */
  message(length: number): void {
    // Of many fragments, each with a head of its own, this takes off too little; then the rest was in the last chunk.
    this.wireBytes = Math.max(0, Math.min(this.lastChunk, this.wireBytes - length - headBytes(length)));
    this.chunks = this.wireBytes > 0 ? 1 : 0;
    this.reckon();
  }

  reset(): void {
    this.heldBytes = this.wireBytes = this.chunks = 0;
  }

  private reckon(): void {
    this.heldBytes = this.wireBytes + this.chunks * CHUNK_BYTES;
  }
}

/** Of a frame from a client, with its mask (RFC 6455, 5.2). */
function headBytes(length: number): number {
  if (length < 126) return 6;
  return length < 65_536 ? 8 : 14;
}
