import { z } from 'zod';
import { basicPassword } from '@/lib/access/auth/authorization';
import { jsonResponse } from '@/lib/api/http';
import type { IngestEndpoint } from '@/lib/api/ingest/endpoint';
import { headerIn, type RequestHead } from '@/lib/api/request-head';
import { decodeLines } from './lines';

const ABOVE = '/api/push/';

/** A protocol in small: lines as they stream in, of any Content-Type, at a path that says a label of all of them. */
export const pushEndpoint: IngestEndpoint = {
  path: `${ABOVE}*`,
  contentTypes: {
    '*': {
      schema: z.string(),
      decode({ path }) {
        const labels = { job: decodeURIComponent(path.slice(ABOVE.length)) };
        return { portions: (pieces, bodies) => decodeLines(pieces, bodies, labels) };
      },
    },
  },
  authorize: (head, senders) => senders.authorizeKey(keyOf(head), 'send it as the password, or as ?token='),
  answers: {
    committed: ({ accepted, rejected }) => jsonResponse({ written: accepted, left: rejected }, 202),
    refused: ({ status, code, message }) => jsonResponse({ code, error: message }, status),
  },
  operation: { summary: 'Lines of a job', responses: { '202': { description: 'They are committed' } } },
};

function keyOf(head: RequestHead): string | undefined {
  const token = new URLSearchParams(head.search).get('token');
  return token ?? basicPassword(headerIn(head, 'authorization'));
}
