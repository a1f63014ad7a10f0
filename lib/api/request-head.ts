/** The head of a request in plain values: of `node:http`, of a route handler, of an upgrade. */
export interface RequestHead {
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** As it was sent, without the query. */
  readonly path: string;
  /** The query string, with or without its question mark. */
  readonly search: string;
  /** The sender's address. */
  readonly address: string;
}

/** The first header of this lower-case name. */
export function headerIn({ headers }: RequestHead, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}
