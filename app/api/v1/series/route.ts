import { refuseOtherMethods } from '@/lib/api/http';
import { promqlHandler } from '@/lib/api/promql/answer';
import { listSeries } from '@/lib/api/promql/catalogue';
import { rootOfProcess } from '@/lib/system/process';

export const dynamic = 'force-dynamic';

const answer = promqlHandler((parameters, work) => listSeries(parameters, work, rootOfProcess().ready()));

export { answer as GET, answer as POST };

export const { PUT, PATCH, DELETE, OPTIONS } = refuseOtherMethods('GET', 'POST');
