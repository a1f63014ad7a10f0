import { http1, http1Chunked } from './http1';
import { http2, http2Stream } from './http2';
import type { Transport } from './transport';
import { websocket } from './websocket';

export const TRANSPORTS = {
  http1,
  'http1-chunked': http1Chunked,
  http2,
  'http2-stream': http2Stream,
  websocket,
} satisfies Record<string, Transport>;

export type TransportName = keyof typeof TRANSPORTS;
