import { refuseOtherMethods } from '@/lib/api/http';
import { promqlHandler } from '@/lib/api/promql/answer';
import { listValues } from '@/lib/api/promql/catalogue';
import { labelOfPath } from '@/lib/api/promql/label-path';
import { rootOfProcess } from '@/lib/system/process';

export const dynamic = 'force-dynamic';

export const GET = promqlHandler((parameters, work, { url }) =>
  listValues(labelOfPath(new URL(url).pathname), parameters, work, rootOfProcess().ready()),
);

export const { POST, PUT, PATCH, DELETE, OPTIONS } = refuseOtherMethods('GET');
