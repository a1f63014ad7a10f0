import { isLoopbackHost } from '../../env/loopback';
import { SECOND } from '../../model/time/duration';
import { log } from '../../observe/log';
import { FINISH_MS } from '../shutdown';

/** When a stop begins what is left has so long: a little less than the listener has. */
const LEFT_MS = FINISH_MS - SECOND;

/** Aborted a while after `begin` was called. */
export function giveUpAfterStop(): { signal: AbortSignal; begin(): void } {
  const giveUp = new AbortController();
  return {
    signal: giveUp.signal,
    begin: () => void setTimeout(() => giveUp.abort(), LEFT_MS).unref(),
  };
}

/** Says what it means that others can reach a port that knows no keys. */
export function warnOfReach(protocol: string, host: string, port: number): void {
  if (isLoopbackHost(host)) return;
  log().warn(
    `${protocol} listens on ${host}:${port} (KEYLESS_HOST): whoever reaches it may write, without a key`,
  );
}
