import { refuseOtherMethods } from '@/lib/api/http';
import { promqlHandler } from '@/lib/api/promql/answer';
import { rangeQuery } from '@/lib/api/promql/query';
import { rootOfProcess } from '@/lib/system/process';

export const dynamic = 'force-dynamic';

const answer = promqlHandler((parameters, work) => rangeQuery(parameters, work, rootOfProcess().ready()));

export { answer as GET, answer as POST };

export const { PUT, PATCH, DELETE, OPTIONS } = refuseOtherMethods('GET', 'POST');
