import { refuseOtherMethods, webHandler } from '@/lib/api/http';
import { answerQueries } from '@/lib/api/queries';
import { fromWeb } from '@/lib/api/web-body';

export const dynamic = 'force-dynamic';

export const POST = webHandler((request, work) => answerQueries(fromWeb(request), work));
export const { GET, PUT, PATCH, DELETE, OPTIONS } = refuseOtherMethods('POST');
