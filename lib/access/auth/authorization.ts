/** The token of an `Authorization: Bearer` header; undefined for anything else. */
export function bearerToken(authorization: string | undefined): string | undefined {
  return authorization && /^Bearer +(\S+) *$/i.exec(authorization)?.[1];
}

/**
 * A key however a sender shows it: as `Bearer` or InfluxDB's `Token` (in its first version behind a name), or as the
 * password of `Basic`.
 */
export function shownKey(authorization: string | undefined): string | undefined {
  return (
    bearerToken(authorization) ??
    basicPassword(authorization) ??
    (authorization && /^Token +(?:[^\s:]*:)?(\S+) *$/i.exec(authorization)?.[1])
  );
}

/** The password of an `Authorization: Basic` header, whatever the user; undefined for anything else. */
export function basicPassword(authorization: string | undefined): string | undefined {
  const encoded = authorization && /^Basic +([A-Za-z0-9+/=]+) *$/i.exec(authorization)?.[1];
  if (!encoded) return undefined;
  const text = Buffer.from(encoded, 'base64').toString();
  const at = text.indexOf(':');
  return at === -1 ? undefined : text.slice(at + 1);
}
