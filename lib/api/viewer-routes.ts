import { answerPoints } from './points';
import { answerQueries } from './queries';
import type { ViewerRoute } from './viewer-route';

const VIEWER_ROUTES: readonly ViewerRoute[] = [
  // Names that are plain in a path; Next.js decodes the others.
  { method: 'GET', path: /^\/api\/metrics(?:\/(?!\.{1,2}(?:\/|$))[\w.:~-]+)+$/, answer: answerPoints },
  { method: 'POST', path: /^\/api\/query$/, answer: answerQueries },
];

/** The route that answers a request before Next.js sees it. */
export function viewerRouteAt(method: string, path: string): ViewerRoute | undefined {
  return VIEWER_ROUTES.find((route) => route.method === method && route.path.test(path));
}
