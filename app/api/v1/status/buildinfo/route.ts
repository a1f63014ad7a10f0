import { refuseOtherMethods } from '@/lib/api/http';
import { BUILD_INFO } from '@/lib/api/promql/about';
import { promqlHandler, success } from '@/lib/api/promql/answer';

export const dynamic = 'force-dynamic';

export const GET = promqlHandler(() => success(BUILD_INFO));

export const { POST, PUT, PATCH, DELETE, OPTIONS } = refuseOtherMethods('GET');
