import { refuseOtherMethods, webHandler } from '@/lib/api/http';
import { answerPoints } from '@/lib/api/points';
import { fromWeb } from '@/lib/api/web-body';

export const dynamic = 'force-dynamic';

export const GET = webHandler((request, work) => answerPoints(fromWeb(request), work));
export const { POST, PUT, PATCH, DELETE, OPTIONS } = refuseOtherMethods('GET');
