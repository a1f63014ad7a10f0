import { refuseOtherMethods } from '@/lib/api/http';
import { promqlHandler, success } from '@/lib/api/promql/answer';

export const dynamic = 'force-dynamic';

/** No exemplars are stored; Grafana asks. */
const answer = promqlHandler(() => success([]));

export { answer as GET, answer as POST };

export const { PUT, PATCH, DELETE, OPTIONS } = refuseOtherMethods('GET', 'POST');
