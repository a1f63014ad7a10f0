/** Types of the messages that a server sends (PostgreSQL's manual, "Message Formats"). */
const DATA_ROW = 0x44;
const COMMAND_COMPLETE = 0x43;
const ERROR_RESPONSE = 0x45;
/** A type and a length, which counts itself but not the type. */
const HEAD_BYTES = 5;

const COMPLETE = Buffer.from('C\0\0\0\rSELECT 0\0', 'latin1');

/**
 * Notifies the driver of the end of a statement that the server reports only by an error. postgres.js counts the rows
 * of a statement until that is complete; one that fails, or is cancelled, after some of its rows never is, and the next
 * statement has as many holes in front of its own rows. So a "complete" is put in front of such an error.
 */
export class StatementEnds {
  private hasRows = false;
  /** Bytes of the current message that are still to come, without those of its head that are. */
  private bodyLeft = 0;
  /** The bytes of a head that have arrived, and its length as far as it is known. */
  private headBytes = 0;
  private length = 0;

  /** A piece of what the server sends, as the driver may have it. Pieces may end anywhere. */
  mend(chunk: Buffer): Buffer {
    let at = 0;
    const parts: Buffer[] = [];
    let copied = 0;
    while (at < chunk.length) {
      if (this.bodyLeft > 0) {
        const skipped = Math.min(this.bodyLeft, chunk.length - at);
        this.bodyLeft -= skipped;
        at += skipped;
        continue;
      }
      if (this.headBytes === 0 && this.begins(chunk[at])) {
        parts.push(chunk.subarray(copied, at), COMPLETE);
        copied = at;
      }
      at = this.readHead(chunk, at);
    }
    return parts.length === 0 ? chunk : Buffer.concat([...parts, chunk.subarray(copied)]);
  }

  /** Notes the type of a message; whether a "complete" is missing in front of it. */
  private begins(type: number): boolean {
    const isMissing = this.hasRows && type === ERROR_RESPONSE;
    if (type === DATA_ROW) this.hasRows = true;
    else if (type === COMMAND_COMPLETE || isMissing) this.hasRows = false;
    return isMissing;
  }

  /** Reads on in the head of a message; returns where it has come to. */
  private readHead(chunk: Buffer, at: number): number {
    if (this.headBytes === 0 && chunk.length - at >= HEAD_BYTES) {
      this.bodyLeft = chunk.readUInt32BE(at + 1) - HEAD_BYTES + 1;
      return at + HEAD_BYTES;
    }
    // The type is no part of the length.
    if (this.headBytes > 0) this.length = this.length * 256 + chunk[at];
    this.headBytes++;
    if (this.headBytes === HEAD_BYTES) {
      this.bodyLeft = this.length - HEAD_BYTES + 1;
      this.headBytes = 0;
      this.length = 0;
    }
    return at + 1;
  }
}
