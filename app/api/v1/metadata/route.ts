import { refuseOtherMethods } from '@/lib/api/http';
import { promqlHandler } from '@/lib/api/promql/answer';
import { listMetadata } from '@/lib/api/promql/catalogue';
import { rootOfProcess } from '@/lib/system/process';

export const dynamic = 'force-dynamic';

export const GET = promqlHandler((parameters, work) =>
  listMetadata(parameters, work, rootOfProcess().ready()),
);

export const { POST, PUT, PATCH, DELETE, OPTIONS } = refuseOtherMethods('GET');
