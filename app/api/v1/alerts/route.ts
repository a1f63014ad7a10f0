import { refuseOtherMethods } from '@/lib/api/http';
import { promqlHandler, success } from '@/lib/api/promql/answer';

export const dynamic = 'force-dynamic';

/** There are no alerts of rules here; Grafana asks. */
export const GET = promqlHandler(() => success({ alerts: [] }));

export const { POST, PUT, PATCH, DELETE, OPTIONS } = refuseOtherMethods('GET');
