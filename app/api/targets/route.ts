import { jsonResponse, refuseOtherMethods, webHandler } from '@/lib/api/http';
import type { TargetsAnswer } from '@/lib/model/wire/operate';
import { rootOfProcess } from '@/lib/system/process';

export const dynamic = 'force-dynamic';

/** What is scraped, and how that goes. */
export const GET = webHandler(() => {
  const targets = rootOfProcess().ready().scraping?.targets ?? [];
  const answer: TargetsAnswer = { targets: targets.map(({ state, ...target }) => ({ ...target, ...state })) };
  return jsonResponse(answer);
});

export const { POST, PUT, PATCH, DELETE, OPTIONS } = refuseOtherMethods('GET');
