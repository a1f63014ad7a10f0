import { CLIENT_TEXT } from '../../model/wire/clients';

/** How a program names itself. */
export interface Product {
  product: string | null;
  version: string | null;
}

/** Of a longer header nothing more is read. */
const MOST_LENGTH = 256;

/** Of RFC 9110's tokens those that names are made of: nothing that a page, a shell or a terminal could take for its own. */
const NAME = /^[A-Za-z][\w.+~-]*(?: [A-Za-z][\w.+~-]*){0,4}(?=\/)|^[A-Za-z][\w.+~-]*/;
const VERSION = /^\/([\w.+~-]+)/;

const UNNAMED: Product = { product: null, version: null };

/**
 * The first product of a User-Agent header (RFC 9110, 10.1.5): `Prometheus/2.42.0` → `Prometheus`, `2.42.0`. A name of
 * several words, as the OpenTelemetry collector has it, is one, where a version follows.
 */
export function readProduct(userAgent: string): Product {
  // A part of a string keeps all of it in memory, so the parts are copied.
  const text = Buffer.from(userAgent.slice(0, MOST_LENGTH), 'latin1').toString('latin1');
  const name = NAME.exec(text)?.[0];
  if (!name) return UNNAMED;
  const version = VERSION.exec(text.slice(name.length))?.[1];
  return {
    product: name.slice(0, CLIENT_TEXT.product),
    version: version?.slice(0, CLIENT_TEXT.version) ?? null,
  };
}
