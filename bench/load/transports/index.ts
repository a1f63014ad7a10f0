import { http1, http1Chunked } from './http1';
import type { Transport } from './transport';
import { websocket } from './websocket';

export const TRANSPORTS = {
  http1,
  'http1-chunked': http1Chunked,
  websocket,
} satisfies Record<string, Transport>;

export type TransportName = keyof typeof TRANSPORTS;
