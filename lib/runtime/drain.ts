import { once } from '../env/once';

/**
 * The one signal every long-lived response listens to. An open SSE response keeps a process from ending
 * (58 s were measured), so shutdown aborts this first.
 */
export function drain(): AbortController {
  return once('drain', () => new AbortController());
}
