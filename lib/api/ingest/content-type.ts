import { PulseError } from '../../model/errors';
import type { ContentType, IngestEndpoint } from './endpoint';

/** The key for any other Content-Type. */
const ANY = '*';

/**
 * The kind of body that a Content-Type header names. Only UTF-8 is read.
 *
 * @throws PulseError `unsupported_content_type`
 */
export function contentTypeFor(
  header: string | undefined,
  contentTypes: IngestEndpoint['contentTypes'],
): ContentType {
  // Nearly every request sends exactly this.
  if (header !== undefined && Object.hasOwn(contentTypes, header)) return contentTypes[header];
  const [name, ...parameters] = (header ?? '').toLowerCase().split(';');
  const type = name.trim();
  const known = Object.hasOwn(contentTypes, type) ? contentTypes[type] : contentTypes[ANY];
  const charset = /charset\s*=\s*"?([^"\s]+)/.exec(parameters.join(';'))?.[1] ?? 'utf-8';
  if (known && /^(utf-?8|us-ascii)$/.test(charset)) return known;
  throw unsupported(Object.keys(contentTypes));
}

function unsupported(types: readonly string[]): PulseError {
  const message = `Content-Type must be ${types.join(' or ')} in UTF-8; curl needs -H 'content-type: ${types[0]}'.`;
  return new PulseError('unsupported_content_type', message);
}
