import type { ZodOpenApiPathsObject } from 'zod-openapi';
import { FrameAck, FrameBody, FrameNack } from '../ingest/frame-schemas';
import { jsonEndpoint } from '../ingest/json';
import { refusals } from './operation';

/** What messages are made of: OpenAPI has no words for what follows an upgrade, so the description names them. */
export const FRAME_SCHEMAS = { Frame: FrameBody, FrameAck, FrameNack };

export const FRAMES_PATH: ZodOpenApiPathsObject = {
  '/api/ingest': {
    get: {
      summary: 'Send samples over a WebSocket',
      description:
        'Text messages hold a Frame, binary ones the same gzipped. Each with a `seq` is answered after its commit, in ' +
        'order: with a FrameAck, or a FrameNack. What was not acknowledged when the connection ended is sent again, ' +
        'which is harmless. The server pings every 20 s, and closes a connection that was silent for 60 s. Close codes: ' +
        '1001 when the server stops (connect again), 1008 for a frame in too many fragments, 1009 for one that is too large, ' +
        '1013 when too many large frames arrive at the same time.',
      security: [{}, { key: [] }],
      requestParams: jsonEndpoint.operation.requestParams,
      responses: {
        '101': { description: 'Switching to WebSocket (RFC 6455)' },
        ...refusals(
          ...(['bad_parameter', 'bad_request', 'unauthorized', 'forbidden', 'misdirected'] as const),
          ...(['upgrade_required', 'too_many_connections', 'database_unavailable', 'shutting_down'] as const),
        ),
      },
    },
  },
};
