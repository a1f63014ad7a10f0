import type { WriteResult } from '../../write/ingest/sample';
import type { PlainResponse } from '../http';

/** An answer in words, for senders that log it. */
export function plainText(
  status: number,
  message: string,
  headers: Record<string, string> = {},
): PlainResponse {
  return {
    status,
    headers: { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff', ...headers },
    body: message,
  };
}

/** What became of a body of which some samples were rejected. */
export function partialError({ accepted, rejected, errors }: WriteResult): string {
  const [{ index, path, message }] = errors;
  const where = path === '' ? '' : ` (${path})`;
  return `${rejected} samples were rejected, ${accepted} are stored. The first, number ${index + 1}${where}: ${message}.`;
}

/** The answers of an operation in the OpenAPI document. */
export const inWords = (description: string) => ({
  description,
  content: { 'text/plain': { schema: { type: 'string' as const } } },
});
