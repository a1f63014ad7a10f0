import { createHash } from 'node:crypto';

/**
 * The UUID of an event from what its sender calls it, or from what it calls the body and the event's place in it. The
 * two cannot be mistaken for each other.
 */
export function idFrom(kind: 'id' | 'body', name: string, index = 0): string {
  const hex = createHash('sha256').update(`${kind}\0${index}\0${name}`).digest('hex');
  // As PostgreSQL writes a UUID.
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5');
}
