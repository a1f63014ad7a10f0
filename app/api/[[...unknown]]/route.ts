import { openHandler } from '@/lib/api/http';
import { PulseError } from '@/lib/model/errors';

/** Every path under `/api` that is none of ours answers in the error shape, too. */
const notFound = openHandler(({ url }) => {
  throw new PulseError(
    'not_found',
    `There is nothing at ${new URL(url).pathname}; GET /api/openapi.json lists what there is.`,
  );
});

export const dynamic = 'force-dynamic';
export {
  notFound as DELETE,
  notFound as GET,
  notFound as OPTIONS,
  notFound as PATCH,
  notFound as POST,
  notFound as PUT,
};
