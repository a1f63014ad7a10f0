import { jsonResponse, openHandler, refuseOtherMethods } from '@/lib/http';
import { openApiDocument } from '@/lib/openapi/document';

export const GET = openHandler(() => jsonResponse(openApiDocument()));
export const { POST, PUT, PATCH, DELETE, OPTIONS } = refuseOtherMethods('GET');
