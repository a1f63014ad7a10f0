import type { FormatName } from './formats';
import type { TransportName } from './transports';

export interface Scenario {
  /** What it plays. */
  readonly what: string;
  readonly transport: TransportName;
  readonly path: string;
  readonly format: FormatName;
  /** How many servers' samples are in one message: 1, or what a relay collects. */
  readonly serversPerSender: number;
}

const PATH = '/api/metrics';

/** Every sender has a connection of its own. A new row is a new scenario; `npm run bench -- load NAME` runs it. */
export const SCENARIOS = {
  'http1-post': {
    what: 'a POST of 10 samples from each server',
    transport: 'http1',
    path: PATH,
    format: 'batch',
    serversPerSender: 1,
  },
  'http1-batch': {
    what: 'relays that POST 1,000 samples of 100 servers as one JSON array',
    transport: 'http1',
    path: PATH,
    format: 'array',
    serversPerSender: 100,
  },
  'ndjson-stream': {
    what: 'relays that stream 1,000 samples of 100 servers, a batch a line',
    transport: 'http1-chunked',
    path: PATH,
    format: 'lines',
    serversPerSender: 100,
  },
  websocket: {
    what: 'a numbered frame of 10 samples from each server',
    transport: 'websocket',
    path: '/api/ingest',
    format: 'frame',
    serversPerSender: 1,
  },
} satisfies Record<string, Scenario>;

export type ScenarioName = keyof typeof SCENARIOS;
