import { refuseOtherMethods } from '@/lib/api/http';
import { promqlHandler } from '@/lib/api/promql/answer';
import { listValues } from '@/lib/api/promql/catalogue';
import { rootOfProcess } from '@/lib/system/process';

export const dynamic = 'force-dynamic';

export const GET = promqlHandler((parameters, work, { url }) => {
  const label = decodeURIComponent(new URL(url).pathname.split('/').at(-2)!);
  return listValues(label, parameters, work, rootOfProcess().ready());
});

export const { POST, PUT, PATCH, DELETE, OPTIONS } = refuseOtherMethods('GET');
