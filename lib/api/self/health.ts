import { VERSION } from '../../model/version';
import type { HealthAnswer, ReadyAnswer } from '../../model/wire/operate';
import type { Root } from '../../system/root';
import { jsonResponse, type PlainResponse } from '../http';

/** `GET /api/health`: 200 while the process is alive, with its version and parts. */
export function health({ startup: started }: Root): PlainResponse {
  const parts = started.phase === 'ready' ? started.system : null;
  const answer: HealthAnswer = {
    status: 'ok',
    phase: started.phase,
    engine: parts?.store.database.engine ?? null,
    engineReason: parts?.engineReason ?? null,
    bus: parts?.bus.status.kind ?? null,
    version: VERSION,
    uptimeSeconds: Math.floor(process.uptime()),
  };
  return jsonResponse(answer);
}

/**
 * `GET /api/ready`: whether the server accepts samples now. Throws `database_unavailable` with the reason otherwise.
 */
export async function ready(root: Root): Promise<PlainResponse> {
  const { store } = root.ready();
  await store.database.ping('write');
  return jsonResponse({ status: 'ready' } satisfies ReadyAnswer);
}
