import { jsonResponse, openHandler, refuseOtherMethods } from '@/lib/api/http';
import { openApiDocument } from '@/lib/api/openapi/document';

export const GET = openHandler(() => jsonResponse(openApiDocument()));
export const { POST, PUT, PATCH, DELETE, OPTIONS } = refuseOtherMethods('GET');
