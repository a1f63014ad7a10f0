import { jsonResponse, refuseOtherMethods, webHandler } from '@/lib/http';
import { openApiDocument } from '@/lib/openapi/document';

export const GET = webHandler(() => jsonResponse(openApiDocument()));
export const { POST, PUT, PATCH, DELETE } = refuseOtherMethods('GET');
