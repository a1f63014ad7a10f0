/**
 * The Content-Security-Policy of a page. Scripts run only with this response's nonce, or when such a script loads
 * them. Styles may be inline: charts position their parts with style attributes, and Radix locks scrolling with a
 * style element of its own; a style cannot read a page or send anything from it.
 */
export function contentPolicy(nonce: string, isDevelopment: boolean): string {
  return [
    `default-src 'self'`,
    // React's development build evaluates; hot reloading has a socket.
    `script-src 'self' 'nonce-${nonce}' 'strict-dynamic'${isDevelopment ? ` 'unsafe-eval'` : ''}`,
    `style-src 'self' 'unsafe-inline'`,
    `connect-src 'self'${isDevelopment ? ' ws:' : ''}`,
    `img-src 'self' data: blob:`,
    `font-src 'self'`,
    `object-src 'none'`,
    `base-uri 'none'`,
    `form-action 'self'`,
    `frame-ancestors 'none'`,
  ].join('; ');
}
